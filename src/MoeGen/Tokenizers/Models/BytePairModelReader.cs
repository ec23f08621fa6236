using System.Buffers;
using System.Text.Json;

namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>model</c> of a tokenizer.json: BPE over a byte-level vocabulary.</summary>
internal static class BytePairModelReader
{
    /// <summary>Ids are places in tables; the largest published vocabularies end near 260 000.</summary>
    public const int MaxId = (1 << 22) - 1;

    private const int MaxMerges = 1 << 22;

    public static Vocabulary ReadVocabulary(TokenizerNode model)
    {
        RequireBytePairs(model);
        TokenizerNode vocab = model.Require("vocab");
        if (vocab.Element.ValueKind != JsonValueKind.Object)
        {
            throw vocab.Unsupported("BPE, whose vocab is an object from token to id");
        }

        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        HashSet<int> used = [];
        foreach (JsonProperty entry in vocab.Element.EnumerateObject())
        {
            string token = entry.Name;
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id) || id is < 0 or > MaxId)
            {
                throw vocab.Fault($"has an id of {TokenizerNode.Quote(token)} that is no number from 0 to {MaxId}");
            }

            if (!ids.TryAdd(token, id))
            {
                throw vocab.Fault($"has the token {TokenizerNode.Quote(token)} twice");
            }

            if (!used.Add(id))
            {
                throw vocab.Fault($"has two tokens with the id {id}, one of them {TokenizerNode.Quote(token)}");
            }
        }

        return ids.Count != 0 ? new Vocabulary(ids) : throw vocab.Fault("is empty");
    }

    public static BytePairModel Read(TokenizerNode model, Vocabulary vocabulary)
    {
        int? unknownId = null;
        if (model.Find("unk_token") is TokenizerNode unknown)
        {
            unknownId = vocabulary.TryGetId(unknown.AsText(), out int id) ? id : throw unknown.Unsupported("a token of the vocabulary");
        }

        BytePairOptions options = new(unknownId, model.FindFlag("fuse_unk", false), model.FindFlag("ignore_merges", false));
        return new BytePairModel(vocabulary, ReadMerges(model.Require("merges"), vocabulary), options);
    }

    private static void RequireBytePairs(TokenizerNode model)
    {
        // files from before the field have it not; they are BPE when they have merges
        if (model.Find("type") is TokenizerNode type && type.AsText() != "BPE")
        {
            throw type.Unsupported("BPE");
        }

        if (model.FindFlag("byte_fallback", false))
        {
            throw model.Require("byte_fallback").Unsupported("false, a byte-level vocabulary");
        }

        if (model.Find("dropout") is TokenizerNode dropout
            && (dropout.Element.ValueKind != JsonValueKind.Number || !dropout.Element.TryGetDouble(out double share) || share != 0))
        {
            throw dropout.Unsupported("null or 0");
        }

        foreach (string affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (model.Find(affix) is TokenizerNode node && node.AsText().Length != 0)
            {
                throw node.Unsupported("null or \"\"");
            }
        }
    }

    private static MergeTable ReadMerges(TokenizerNode merges, Vocabulary vocabulary)
    {
        if (merges.Element.ValueKind != JsonValueKind.Array)
        {
            throw merges.Unsupported("an array of \"a b\" or [\"a\", \"b\"]");
        }

        if (merges.Element.GetArrayLength() > MaxMerges)
        {
            throw merges.Fault($"has {merges.Element.GetArrayLength()} merges; supported are up to {MaxMerges}");
        }

        MergeTable table = new(merges.Element.GetArrayLength());
        ArrayBufferWriter<char> joined = new();
        int rank = 0;
        int index = 0;
        foreach (JsonElement entry in merges.Element.EnumerateArray())
        {
            // the first line of old merges.txt files was copied into some lists
            bool isHeader = entry.ValueKind == JsonValueKind.String && entry.GetString()!.StartsWith("#version", StringComparison.Ordinal);
            if (!isHeader)
            {
                (string left, string right) = ReadPair(merges, entry, index);
                joined.ResetWrittenCount();
                joined.Write(left);
                joined.Write(right);
                table.Set(Find(left), Find(right), new Merge(rank++, Find(joined.WrittenSpan)));
            }

            index++;
        }

        return table;

        int Find(ReadOnlySpan<char> token) => vocabulary.TryGetId(token, out int id) ? id
            : throw merges.Child(index).Fault($"needs the token {TokenizerNode.Quote(token.ToString())}, which is not in the vocabulary");
    }

    private static (string Left, string Right) ReadPair(TokenizerNode merges, JsonElement entry, int index)
    {
        if (entry.ValueKind == JsonValueKind.String)
        {
            string[] parts = entry.GetString()!.Split(' ');
            if (parts.Length == 2)
            {
                return (parts[0], parts[1]);
            }
        }
        else if (entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2
            && entry[0].ValueKind == JsonValueKind.String && entry[1].ValueKind == JsonValueKind.String)
        {
            return (entry[0].GetString()!, entry[1].GetString()!);
        }

        throw merges.Child(index).Fault("is no merge; supported are \"a b\" and [\"a\", \"b\"]");
    }
}

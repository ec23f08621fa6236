using System.Buffers;
using System.Text.Json;

namespace MoeGen.Tokenizers;

/// <summary>Reads a <c>model</c> of the type BPE.</summary>
internal static class BytePairModelReader
{
    private const int MaxMerges = 1 << 22;

    // published affixes have two to four characters; they stand at every character of a text
    private const int MaxAffixLength = 64;

    public static BytePairModel Read(TokenizerNode model, Vocabulary vocabulary)
    {
        if (model.Find("dropout") is TokenizerNode dropout
            && (dropout.Element.ValueKind != JsonValueKind.Number || !dropout.Element.TryGetDouble(out double share) || share != 0))
        {
            throw dropout.Unsupported("null or 0");
        }

        BytePairOptions options = new(
            model.Find("unk_token") is TokenizerNode unknown ? UnknownToken.Read(unknown, vocabulary) : null,
            model.FindFlag("fuse_unk", false),
            model.FindFlag("byte_fallback", false) ? new ByteTokens(vocabulary) : null,
            model.FindFlag("ignore_merges", false),
            ReadAffix(model.Find("continuing_subword_prefix")),
            ReadAffix(model.Find("end_of_word_suffix")));
        return new BytePairModel(vocabulary, ReadMerges(model.Require("merges"), vocabulary, options.Prefix.Length), options);
    }

    private static string ReadAffix(TokenizerNode? node)
    {
        string affix = node?.AsText() ?? "";
        return affix.Length <= MaxAffixLength
            ? affix
            : throw node!.Fault($"has {affix.Length} characters; supported are up to {MaxAffixLength}");
    }

    private static MergeTable ReadMerges(TokenizerNode merges, Vocabulary vocabulary, int prefixLength)
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
                joined.Write(right.AsSpan(Math.Min(right.Length, prefixLength))); // the right one goes on with a word, and loses its mark
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

using System.Text.Json;

namespace MoeGen.Tokenizers;

/// <summary>Reads a <c>vocab</c> that is an object from token to id.</summary>
internal static class VocabularyReader
{
    /// <summary>Ids are places in tables; the largest published vocabularies end near 260 000.</summary>
    public const int MaxId = (1 << 22) - 1;

    public static Vocabulary Read(TokenizerNode vocab)
    {
        if (vocab.Element.ValueKind != JsonValueKind.Object)
        {
            throw vocab.Unsupported("an object from token to id; only Unigram has an array");
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
}

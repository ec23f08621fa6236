using System.Text.Json;

namespace MoeGen.Tokenizers;

/// <summary>Reads a <c>model</c> of the type Unigram, whose vocab is an array of tokens and scores.</summary>
internal static class UnigramModelReader
{
    // published tokens have at most a few dozen; the time for a text grows with the longest
    private const int MaxTokenLength = 1024;

    public static (UnigramModel Model, Vocabulary Vocabulary) Read(TokenizerNode model)
    {
        TokenizerNode vocab = model.Require("vocab");
        if (vocab.Element.ValueKind != JsonValueKind.Array)
        {
            throw vocab.Unsupported("an array of [token, score]");
        }

        int count = vocab.Element.GetArrayLength();
        if (count > VocabularyReader.MaxId)
        {
            throw vocab.Fault($"has {count} tokens; supported are up to {VocabularyReader.MaxId}");
        }

        string[] tokens = new string[count];
        double[] scores = new double[count];
        int index = 0;
        foreach (JsonElement entry in vocab.Element.EnumerateArray())
        {
            (tokens[index], scores[index]) = ReadToken(vocab, entry, index);
            index++;
        }

        Vocabulary vocabulary = count != 0 ? new Vocabulary(tokens) : throw vocab.Fault("is empty");
        UnknownToken unknown = ReadUnknown(model, count);
        ByteTokens? bytes = model.FindFlag("byte_fallback", false) ? new ByteTokens(vocabulary) : null;
        return (new UnigramModel(vocabulary, scores, unknown, bytes), vocabulary);
    }

    private static (string Token, double Score) ReadToken(TokenizerNode vocab, JsonElement entry, int index)
    {
        if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[0].ValueKind != JsonValueKind.String
            || entry[1].ValueKind != JsonValueKind.Number || !ScoreParser.TryParse(entry[1].GetRawText(), out double score))
        {
            throw vocab.Child(index).Fault("is no token; supported is [\"token\", score]");
        }

        string token = entry[0].GetString()!;
        return token.Length <= MaxTokenLength
            ? (token, score)
            : throw vocab.Child(index).Fault($"has {token.Length} characters; supported are up to {MaxTokenLength}");
    }

    private static UnknownToken ReadUnknown(TokenizerNode model, int count)
    {
        if (model.Find("unk_id") is not TokenizerNode node)
        {
            return new UnknownToken(null, $"{model.Origin} has no \"unk_id\"; the text needs it");
        }

        int id = node.AsInteger();
        return id >= 0 && id < count ? new UnknownToken(id, "") : throw node.Unsupported("the place of a token in the vocab");
    }
}

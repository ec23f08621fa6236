using System.Text.Json;

namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
internal static class ModelReader
{
    /// <summary>Returns the model and its tokens.</summary>
    public static (TokenizerModel Model, Vocabulary Vocabulary) Read(TokenizerNode model)
    {
        string kind = FindKind(model);
        if (kind == "Unigram")
        {
            return UnigramModelReader.Read(model);
        }

        Vocabulary vocabulary = VocabularyReader.Read(model.Require("vocab"));
        return (ReadWithIds(), vocabulary);

        TokenizerModel ReadWithIds() => kind switch
        {
            "BPE" => BytePairModelReader.Read(model, vocabulary),
            "WordPiece" => WordPieceModelReader.Read(model, vocabulary),
            "WordLevel" => new WordLevelModel(vocabulary, UnknownToken.Read(model.Require("unk_token"), vocabulary)),
            _ => throw model.Require("type").Unsupported("BPE, Unigram, WordPiece and WordLevel"),
        };
    }

    // files from before the field have no type; what they have tells, in the order in which the Rust library tries
    private static string FindKind(TokenizerNode model) =>
        model.Find("type") is TokenizerNode type ? type.AsText()
        : model.Require("vocab").Element.ValueKind == JsonValueKind.Array ? "Unigram"
        : model.Find("merges") is not null ? "BPE"
        : model.Find("max_input_chars_per_word") is not null ? "WordPiece"
        : model.Find("unk_token") is not null ? "WordLevel"
        : throw model.Fault("has no \"type\", and is none of BPE, Unigram, WordPiece and WordLevel by what it has");
}

namespace MoeGen.Tokenizers;

/// <summary>Reads a <c>model</c> of the type WordPiece.</summary>
internal static class WordPieceModelReader
{
    public static WordPieceModel Read(TokenizerNode model, Vocabulary vocabulary)
    {
        TokenizerNode maxRunes = model.Require("max_input_chars_per_word");
        return new WordPieceModel(
            vocabulary,
            UnknownToken.Read(model.Require("unk_token"), vocabulary),
            model.Require("continuing_subword_prefix").AsText(),
            maxRunes.AsInteger() >= 0 ? maxRunes.AsInteger() : throw maxRunes.Unsupported("0 or more"));
    }
}

namespace MoeGen.Tokenizers;

/// <summary>Every word is a token, or unknown. Thread-safe.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, UnknownToken unknown) : TokenizerModel
{
    public override void Encode(ReadOnlySpan<char> word, ModelScratch scratch, List<int> ids) =>
        ids.Add(vocabulary.TryGetId(word, out int id) ? id : unknown.Id);
}

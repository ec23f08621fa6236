namespace MoeGen.Tokenizers;

/// <summary>Turns a piece of text into tokens. Thread-safe.</summary>
internal abstract class TokenizerModel
{
    /// <summary>Appends the tokens of a piece.</summary>
    /// <param name="word">Valid UTF-16; not empty.</param>
    /// <param name="scratch">Scratch of the caller, reused from piece to piece.</param>
    /// <param name="ids">Receives the tokens.</param>
    /// <exception cref="TokenizerFormatException">The piece needs the unknown token, which the file does not have.</exception>
    public abstract void Encode(ReadOnlySpan<char> word, ModelScratch scratch, List<int> ids);
}

namespace MoeGen.Tokenizers;

/// <summary>Changes the text before it is cut: the first stage of the pipeline.</summary>
internal abstract class Normalizer
{
    /// <summary>Returns the changed text, or the same string when there is nothing to change.</summary>
    /// <param name="text">Valid UTF-16.</param>
    public string Normalize(string text)
    {
        int numLeading = 0;
        return Normalize(text, ref numLeading);
    }

    /// <summary>Returns the changed text, or the same string when there is nothing to change.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="numLeading">
    /// How many chars at the start of the text stem from the first character of the text as given. One pre-tokenizer, Metaspace, must know
    /// what was at the start before anything was removed there.
    /// </param>
    public abstract string Normalize(string text, ref int numLeading);
}

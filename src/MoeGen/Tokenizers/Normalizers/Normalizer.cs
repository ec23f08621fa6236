namespace MoeGen.Tokenizers;

/// <summary>Changes the text before it is cut: the first stage of the pipeline.</summary>
internal abstract class Normalizer
{
    /// <summary>Returns the changed text, or the same string when there is nothing to change.</summary>
    /// <param name="text">Valid UTF-16.</param>
    public abstract string Normalize(string text);
}

namespace MoeGen.Tokenizers;

/// <summary>Puts a fixed text before every text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override string Normalize(string text, ref int numLeading)
    {
        if (text.Length == 0)
        {
            return text;
        }

        // what is put before a character stems from it
        numLeading += numLeading > 0 ? prefix.Length : 0;
        return prefix + text;
    }
}

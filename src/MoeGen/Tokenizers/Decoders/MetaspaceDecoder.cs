using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Turns the character that stands for a space back into one.</summary>
/// <param name="replacement">The character.</param>
/// <param name="dropsFirst">Leaves all of them out of the first token, to which the pre-tokenizer may have added one.</param>
internal sealed class MetaspaceDecoder(Rune replacement, bool dropsFirst) : TokenDecoder
{
    private readonly string _replacement = replacement.ToString();

    public override string Decode(string token, bool isFirst) =>
        token.Replace(_replacement, isFirst && dropsFirst ? "" : " ", StringComparison.Ordinal);
}

using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Replaces every match of a pattern with a fixed text.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : Normalizer
{
    public override string Normalize(string text)
    {
        List<TextRange> matches = [];
        pattern.FindMatches(text, matches);
        if (matches.Count == 0)
        {
            return text;
        }

        StringBuilder replaced = new(text.Length);
        int end = 0;
        foreach (TextRange match in matches)
        {
            replaced.Append(text, end, match.Start - end).Append(content);
            end = match.End;
        }

        return replaced.Append(text, end, text.Length - end).ToString();
    }
}

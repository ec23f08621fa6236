using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Replaces every match of a pattern with a fixed text.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : Normalizer
{
    public override string Normalize(string text, ref int numLeading)
    {
        List<TextRange> matches = [];
        pattern.FindMatches(text, matches);
        if (matches.Count == 0)
        {
            return text;
        }

        StringBuilder replaced = new(text.Length);
        LeadingChars leading = new(numLeading);
        int end = 0;
        foreach (TextRange match in matches)
        {
            replaced.Append(text, end, match.Start - end).Append(content);
            leading.Copy(end, match.Start - end);

            // the content stems from the last character of the match
            leading.Replace(Math.Max(0, match.End - 1), content.Length);
            end = match.End;
        }

        leading.Copy(end, text.Length - end);
        numLeading = leading.Count;
        return replaced.Append(text, end, text.Length - end).ToString();
    }
}

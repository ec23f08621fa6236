using System.Text;

namespace MoeGen.Benchmarks.Simulating;

/// <summary>
/// Texts that take turns, as the prompts of the measurement do: `moegen trace` cuts prompts at even distances, and a share of them that
/// prefetchers learn from has to be of the same kinds as those that they are tested with.
/// </summary>
internal static class MixedText
{
    /// <summary>Cuts every text into parts of like size, at line ends, and puts first the first parts of all, then the second.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="parts">Parts of each.</param>
    public static string Of(IReadOnlyList<string> texts, int parts)
    {
        StringBuilder[] mixed = [.. Enumerable.Range(0, parts).Select(_ => new StringBuilder())];
        foreach (string text in texts)
        {
            int start = 0;
            while (start < text.Length)
            {
                int end = text.IndexOf('\n', start) + 1;
                end = end == 0 ? text.Length : end;
                mixed[(int)((long)start * parts / text.Length)].Append(text, start, end - start);
                start = end;
            }
        }

        return string.Concat(mixed.Select(part => part.ToString()));
    }
}

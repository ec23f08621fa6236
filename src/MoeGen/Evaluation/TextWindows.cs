namespace MoeGen.Evaluation;

/// <summary>
/// Cuts a text that may be longer than a model's context into windows that overlap by the prompt of a <see cref="TextWalk"/>: every token
/// of the text behind the first prompt is foreseen once, with a prompt's length of text before it at least.
/// </summary>
internal static class TextWindows
{
    /// <summary>Cuts a text.</summary>
    /// <param name="text">Ids of the text, without tokens that begin or end one.</param>
    /// <param name="start">Token that begins every window, as the tokenizer begins texts; null: none.</param>
    /// <param name="length">Tokens of a window, that token included; at most the context.</param>
    /// <param name="promptLength">Tokens of the prompt, that token included; less than <paramref name="length"/>.</param>
    /// <returns>The windows; only the last may be shorter. A text that a prompt holds is one window.</returns>
    public static int[][] Of(ReadOnlySpan<int> text, int? start, int length, int promptLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(promptLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(length, promptLength);
        int[] begin = start is { } token ? [token] : [];
        int width = length - begin.Length, overlap = promptLength - begin.Length;
        List<int[]> windows = [];
        int first = 0;
        do
        {
            windows.Add([.. begin, .. text.Slice(first, Math.Min(width, text.Length - first))]);
            first += width - overlap;
        }
        while (first + overlap < text.Length);
        return [.. windows];
    }
}

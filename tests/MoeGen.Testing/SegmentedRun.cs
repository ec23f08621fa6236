using MoeGen.Engine;

namespace MoeGen.Testing;

/// <summary>
/// Computes texts together, in passes whose sequences and shares are drawn by lot: a row must be the same in any company.
/// </summary>
internal static class SegmentedRun
{
    private const int MaxTogether = 5;

    /// <summary>Computes the logits after every token of every text, each text alone and in one pass for every token.</summary>
    /// <param name="model">A model.</param>
    /// <param name="texts">Texts; with an encoder, each is the input, too.</param>
    public static float[][][] Alone(MoeModel model, int[][] texts)
    {
        float[][][] logits = Empty(texts);
        using ForwardPass pass = model.CreatePass(texts.Max(text => text.Length), 1);
        for (int i = 0; i < texts.Length; i++)
        {
            using Sequence sequence = Start(model, texts[i], pass);
            for (int position = 0; position < texts[i].Length; position++)
            {
                model.Run(pass, sequence, texts[i].AsSpan(position, 1), 1, CancellationToken.None, texts[i].Length);
                logits[i][position] = pass.Logits[0].ToArray();
            }
        }

        return logits;
    }

    /// <summary>Computes the same together.</summary>
    /// <param name="model">A model.</param>
    /// <param name="texts">Texts; with an encoder, each is the input, too.</param>
    /// <param name="random">Draws who takes part in a pass, and with how many tokens.</param>
    public static unsafe float[][][] Together(MoeModel model, int[][] texts, Random random)
    {
        float[][][] logits = Empty(texts);
        int longest = texts.Max(text => text.Length);
        using ForwardPass pass = model.CreatePass(MaxTogether * longest, MaxTogether * longest);
        Sequence[] sequences = [.. texts.Select(text => Start(model, text, pass))];
        try
        {
            for (int i = 0; i < texts.Length; i++)
            {
                sequences[i].Remember(texts[i], texts[i].Length);
                sequences[i].Request.Begin(texts[i].Length, isStep: false, logits: null, CancellationToken.None);
            }

            while (true)
            {
                int[] left = [.. Enumerable.Range(0, texts.Length).Where(i => sequences[i].Request.NumLeft > 0)];
                if (left.Length == 0)
                {
                    return logits;
                }

                random.Shuffle(left);
                int[] parts = left[..random.Next(1, Math.Min(MaxTogether, left.Length) + 1)];
                foreach (int i in parts)
                {
                    int count = random.Next(1, Math.Min(4, sequences[i].Request.NumLeft) + 1);
                    sequences[i].Request.Take(count, numLogits: count);
                }

                PassRequest[] requests = [.. parts.Select(i => sequences[i].Request)];
                model.Run(pass, requests, CancellationToken.None);
                foreach (PassRequest request in requests)
                {
                    request.ThrowIfFailed();
                }

                foreach (Segment segment in pass.Segments)
                {
                    int text = Array.IndexOf(sequences, segment.Sequence);
                    for (int row = 0; row < segment.NumTokens; row++)
                    {
                        logits[text][segment.FirstPosition + row] = pass.Logits[segment.FirstLogits + row].ToArray();
                    }
                }
            }
        }
        finally
        {
            foreach (Sequence sequence in sequences)
            {
                sequence.Dispose();
            }
        }
    }

    private static float[][][] Empty(int[][] texts) => [.. texts.Select(text => new float[text.Length][])];

    private static Sequence Start(MoeModel model, int[] text, ForwardPass pass)
    {
        Sequence sequence = model.CreateSequence();
        if (model.Info.HasEncoder)
        {
            model.Encode(sequence, text, pass, CancellationToken.None);
        }

        return sequence;
    }
}

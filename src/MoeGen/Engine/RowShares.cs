namespace MoeGen.Engine;

/// <summary>
/// How the rows of a pass are shared by the sequences that take part. Each gets one, so every decode step is in the pass that it waited for
/// and every prompt goes on; what is left goes to prompts, the one that has waited longest first.
/// </summary>
internal static class RowShares
{
    /// <summary>Says for each request how many tokens the pass computes, and puts prompts before steps.</summary>
    /// <param name="requests">The sequences, who has waited longest first; at most as many as rows.</param>
    /// <param name="numRows">Rows of the pass.</param>
    /// <remarks>A prefetcher hears of the last rows: of the steps, and of the end of what has been read of a prompt.</remarks>
    public static void Assign(Span<PassRequest> requests, int numRows)
    {
        int spare = numRows - requests.Length, numPrompts = 0;
        for (int i = 0; i < requests.Length; i++)
        {
            PassRequest request = requests[i];
            int more = Math.Min(spare, Math.Min(request.NumLeft, request.Sequence.MaxChunk) - 1);
            spare -= more;
            request.Take(1 + more, numLogits: request.NumLeft == 1 + more ? 1 : 0);
            if (more > 0)
            {
                (requests[i], requests[numPrompts]) = (requests[numPrompts], request);
                numPrompts++;
            }
        }
    }
}

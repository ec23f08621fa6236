using Xunit;

namespace MoeGen.Testing;

/// <summary>
/// What decoded tokens allocate on all threads of the process: on the model's, its workers', the readers' and the prefetcher's. No other
/// test may run beside.
/// </summary>
internal static class DecodeAllocations
{
    private const int WarmTokens = 80;
    private const int NumStretches = 8;
    private const int StretchTokens = 10;

    /// <summary>Bytes of ten tokens of a warm model.</summary>
    public static long Of(MoeModel model)
    {
        SamplingOptions sampling = new() { Seed = 5, MaxTokens = 200, IgnoreEos = true };
        using TextGeneration generation = model.Generate([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], sampling);
        Decode(generation, WarmTokens);

        // what .NET's own threads allocate now and then is not the model's: the least of several stretches
        long least = long.MaxValue;
        for (int stretch = 0; stretch < NumStretches; stretch++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Decode(generation, StretchTokens);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least;
    }

    private static void Decode(TextGeneration generation, int numTokens)
    {
        for (int i = 0; i < numTokens; i++)
        {
            Assert.True(generation.MoveNext());
        }
    }
}

using MoeGen.Cli.Models;
using WeightFormat = MoeGen.Generator.Spec.WeightFormat;

namespace MoeGen.Cli.Tests;

/// <summary>Decoded tokens of quantised models allocate nothing on any thread, with experts that come and go.</summary>
[Collection(nameof(RunsAlone))]
public sealed class QuantizedDecodeTests
{
    [Theory]
    [InlineData("Q8")]
    [InlineData("Q4")]
    public void DecodedTokens_AllocateNothing(string format)
    {
        CliStreams streams = new(Stream.Null, Stream.Null, TextWriter.Null, IsErrorTerminal: false);
        MoeOptions options = new() { Threads = 2, ExpertSlots = 40 };
        using MoeModel model = ModelLoader.Load(
            ModelFolder.Find(ModelFolder.DemoName), options, streams, out _, TestContext.Current.CancellationToken, Enum.Parse<WeightFormat>(format));
        SamplingOptions sampling = new() { Seed = 5, MaxTokens = 200, IgnoreEos = true };
        using TextGeneration generation = model.Generate([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], sampling);
        for (int i = 0; i < 80; i++)
        {
            Assert.True(generation.MoveNext());
        }

        // what .NET's own threads allocate now and then is not the model's: the least of several stretches
        long least = long.MaxValue;
        for (int stretch = 0; stretch < 8; stretch++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 10; i++)
            {
                Assert.True(generation.MoveNext());
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);
        Assert.True(model.Statistics.Misses > 0);
    }
}

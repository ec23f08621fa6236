using MoeGen.Cli.Models;
using MoeGen.Testing;
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
        Assert.Equal(0, DecodeAllocations.Of(model));
        Assert.True(model.Statistics.Misses > 0);
    }
}

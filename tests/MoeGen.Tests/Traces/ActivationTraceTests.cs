using MoeGen.Traces;
using MoeGen.Weights;

namespace MoeGen.Tests.Traces;

public class ActivationTraceTests
{
    [Fact]
    public void WhatIsWritten_IsRead()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 4, topK: 2, expertBytes: 77, denseBytes: 5);
        using ActivationTrace trace = builder.Prompt("0 1|2 3", "3 0|1 2").Decode("1 2|0 3").Prompt("2 1|0 1").Chunk("0 2|2 0").Open();

        Assert.Equal(builder.Info, trace.Info);
        Assert.Equal(2, trace.NumSequences);
        Assert.Equal(5, trace.NumTokens);
        Assert.True(trace.HasNextProbabilities);
        Assert.Equal(
            [
                new TracePassInfo(0, 2, 0, IsPrompt: true, IsNewSequence: true),
                new TracePassInfo(2, 1, 0, IsPrompt: false, IsNewSequence: false),
                new TracePassInfo(3, 1, 1, IsPrompt: true, IsNewSequence: true),
                new TracePassInfo(4, 1, 1, IsPrompt: true, IsNewSequence: false),
            ],
            trace.Passes);

        TracePass pass = new(trace.Info);
        trace.CreateReader().Read(0, pass);
        Assert.Equal([0, 1, 2, 3, 3, 0, 1, 2], pass.Experts);
        Assert.Equal([0, .5f, .5f, 0], pass.ProbabilitiesOf(token: 1, layer: 1));
        Assert.Equal([0, .5f, .5f, 0], pass.NextProbabilitiesOf(token: 1, layer: 0));
        Assert.Equal([1f, 1, 2, 2, 1], pass.EmbeddingOf(1));
        Assert.Equal([0, 1], pass.Tokens);
    }

    [Fact]
    public void Passes_AreReadInAnyOrder()
    {
        using TraceBuilder builder = new(numLayers: 3, numExperts: 8, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 1, numSequences: 3, promptTokens: 5, decodedTokens: 4).Open();
        TraceReader reader = trace.CreateReader();
        int[] second = reader.ReadExperts(1).ToArray(), last = reader.ReadExperts(14).ToArray();
        Assert.Equal(second, reader.ReadExperts(1));
        Assert.Equal(last, reader.ReadExperts(14));
    }

    [Fact]
    public void WithoutPredictions_ThereIsNoTensorOfThem()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0|1").Open(hasNext: false);
        Assert.False(trace.HasNextProbabilities);
        TracePass pass = new(trace.Info);
        trace.CreateReader().Read(0, pass);
        Assert.Equal([0, 1], pass.Experts);
    }

    [Fact]
    public void OneLayer_HasNoPredictions()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("3").Open();
        Assert.False(trace.HasNextProbabilities);
        Assert.Equal([3], trace.CreateReader().ReadExperts(0));
    }

    [Fact]
    public void DroppedChoices_AreKept()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 4, topK: 2);
        using ActivationTrace trace = builder.Prompt("1 -1|").Open();
        Assert.Equal([1, -1, -1, -1], trace.CreateReader().ReadExperts(0));
    }

    [Fact]
    public void WithoutCommit_NothingIsLeft()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        string folder = Path.GetDirectoryName(builder.Path)!;
        using (TraceWriter writer = new(Path.Combine(folder, "other"), builder.Info))
        {
            TracePass pass = new(builder.Info);
            pass.Begin(1);
            writer.Append(pass);
            using CancellationTokenSource interrupted = new();
            interrupted.Cancel();
            Assert.Throws<OperationCanceledException>(() => writer.Commit(hasNext: true, interrupted.Token));
        }

        Assert.DoesNotContain(Directory.GetFiles(folder), file => Path.GetFileName(file).StartsWith("other", StringComparison.Ordinal));
    }

    [Fact]
    public void ManyTokens_AreSortedIntoTensorsBlockByBlock()
    {
        // 200 tokens of 11 x 512 f16 are 2.2 MB: more than one block of the writer, and more than one window of the reader
        using TraceBuilder builder = new(numLayers: 6, numExperts: 512, topK: 1);
        for (int i = 0; i < 200; i++)
        {
            string token = string.Join('|', Enumerable.Range(0, 6).Select(layer => $"{(i + (layer * 7)) % 512}"));
            _ = i == 0 ? builder.Prompt(token) : builder.Decode(token);
        }

        using ActivationTrace trace = builder.Open();
        TraceReader reader = trace.CreateReader();
        TracePass pass = new(trace.Info);
        for (int i = 0; i < 200; i++)
        {
            reader.Read(i, pass);
            Assert.Equal((i + 35) % 512, pass.ExpertsOf(0, 5)[0]);
            Assert.Equal(1, pass.ProbabilitiesOf(0, 5)[(i + 35) % 512]);
            Assert.Equal(1, pass.NextProbabilitiesOf(0, 4)[(i + 35) % 512]);
        }
    }

    [Fact]
    public void AnyReaderOfSafetensors_OpensIt()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 4, topK: 2);
        builder.Prompt("0 1|2 3").Open().Dispose();
        using SafetensorsFile file = SafetensorsFile.Open(builder.Path);
        Assert.Equal([1, 2, 2], file.Tensors[TraceColumn.Experts].Shape);
        Assert.Equal(TensorType.F16, file.Tensors[TraceColumn.Probabilities].Type);
        Assert.Equal("made", file.Metadata["model"]);
    }
}

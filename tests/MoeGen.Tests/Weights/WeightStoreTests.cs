using MoeGen.Models;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

/// <summary>Loading the weights of a real generated model, from checkpoints that are wrong in one place.</summary>
public class WeightStoreTests
{
    private const string Down = "model.layers.3.mlp.experts.7.down_proj.weight";

    private static readonly string s_file = Path.Combine(RepositoryFiles.DemoModel, "model.safetensors");

    [Fact]
    public void LoadedWeights_AreThoseOfTheFile()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel);
        float[] expected = TensorFile.ReadFloats(s_file, Down);
        float[] row = new float[Demo.Expert.IntermediateSize];
        for (int i = 0; i < Demo.HiddenSize; i++)
        {
            model.Layers[3].Experts[7].DownProj.CopyRow(i, row);
            Assert.Equal(expected[(i * row.Length)..((i + 1) * row.Length)], row);
        }
    }

    [Fact]
    public void MissingTensor_IsNamed()
    {
        using TemporaryFolder folder = new();
        WriteVariant(folder, tensors => tensors.Remove(Down));
        WeightNotFoundException exception = Assert.Throws<WeightNotFoundException>(() => Demo.Load(folder.Path));
        Assert.Equal(Down, exception.Tensor);
        Assert.Contains("model.safetensors", exception.Message);
    }

    [Fact]
    public void WrongShape_NamesBothShapes()
    {
        using TemporaryFolder folder = new();
        WriteVariant(folder, tensors => tensors[Down] = ([96, 192], new float[96 * 192]));
        ShapeMismatchException exception = Assert.Throws<ShapeMismatchException>(() => Demo.Load(folder.Path));
        Assert.Contains($"tensor {Down} has shape [96, 192]; expected [192, 96]", exception.Message);
    }

    [Fact]
    public void WrongType_IsRefused()
    {
        using TemporaryFolder folder = new();
        WriteVariant(folder, tensors => tensors.Remove("model.norm.weight"), new TensorOutline("model.norm.weight", TensorType.I32, [192]));
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Demo.Load(folder.Path));
        Assert.Contains("tensor model.norm.weight is of type I32; expected F32, F16 or BF16", exception.Message);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "infinity")]
    public void NonFiniteWeight_IsRefusedWithItsPlace(float value, string shown)
    {
        using TemporaryFolder folder = new();
        WriteVariant(folder, tensors => tensors[Down].Values[1234] = value);
        NonFiniteValueException exception = Assert.Throws<NonFiniteValueException>(() => Demo.Load(folder.Path));
        Assert.Contains($"tensor {Down} holds {shown} at flat index 1234", exception.Message);
    }

    [Fact]
    public void ValueTooLargeForTheNarrowerFormat_IsRefused()
    {
        // the file has float32, the model holds bfloat16, whose largest value is a little smaller
        using TemporaryFolder folder = new();
        WriteVariant(folder, tensors => tensors[Down].Values[5] = float.MaxValue);
        Assert.Contains("flat index", Assert.Throws<NonFiniteValueException>(() => Demo.Load(folder.Path)).Message);
    }

    [Fact]
    public void NothingIsAllocated_BeforeEveryTensorIsChecked()
    {
        using TemporaryFolder folder = new();
        WriteVariant(folder, tensors => tensors.Remove("model.norm.weight"));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Throws<WeightNotFoundException>(() => Demo.Load(folder.Path));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Demo.ModelInfo.DenseBytes);
    }

    [Fact]
    public void BudgetBelowTheNeed_IsRefusedWithBothCounts()
    {
        long needed = MemoryPlan.For(Demo.ModelInfo, new MoeOptions()).FloorBytes;
        MemoryBudgetTooSmallException exception = Assert.Throws<MemoryBudgetTooSmallException>(
            () => Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { MemoryBudget = new ByteSize(needed - 1) }));
        Assert.Contains($"{needed - 1} bytes", exception.Message);
        Assert.Contains($"at least {needed} bytes", exception.Message);
        Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { MemoryBudget = new ByteSize(needed) }).Dispose();
    }

    [Fact]
    public void CancelledLoad_Stops()
    {
        using CancellationTokenSource cancellation = new();
        Progress progress = new(cancellation);
        Assert.ThrowsAny<OperationCanceledException>(
            () => Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Progress = progress }, cancellation.Token));
    }

    [Fact]
    public void Progress_EndsAtTheWholeModel()
    {
        Progress progress = new(null);
        Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Progress = progress, Threads = 1 }).Dispose();
        Assert.Equal(progress.Last.BytesTotal, progress.Last.BytesLoaded);
        Assert.Equal(2 * Demo.ModelInfo.TotalParameters, progress.Last.BytesTotal);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void OptionsOutOfRange_AreRefused(int threads, int context, int chunk)
    {
        MoeOptions options = new() { Threads = threads, ContextLength = context, PrefillChunk = chunk };
        Assert.Throws<ArgumentOutOfRangeException>(() => Demo.Load(RepositoryFiles.DemoModel, options));
    }

    // the demo checkpoint in float32, changed
    private static void WriteVariant(
        TemporaryFolder folder, Action<Dictionary<string, (long[] Shape, float[] Values)>> change, params TensorOutline[] extra)
    {
        Dictionary<string, (long[] Shape, float[] Values)> tensors = TensorFile.ReadHeader(s_file).Values
            .ToDictionary(entry => entry.Name, entry => (entry.Shape.ToArray(), TensorFile.ReadFloats(s_file, entry.Name)));
        change(tensors);
        TensorOutline[] outlines =
            [.. tensors.Select(tensor => new TensorOutline(tensor.Key, TensorType.F32, tensor.Value.Shape)), .. extra];
        using SafetensorsWriter writer = new(folder["model.safetensors"], outlines);
        foreach ((string name, (long[] _, float[] values)) in tensors)
        {
            writer.Write(name, 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
        }

        writer.Commit();
    }

    private sealed class Progress(CancellationTokenSource? cancelAtFirst) : IProgress<LoadProgress>
    {
        public LoadProgress Last { get; private set; }

        public void Report(LoadProgress value)
        {
            Last = value;
            cancelAtFirst?.Cancel();
        }
    }
}

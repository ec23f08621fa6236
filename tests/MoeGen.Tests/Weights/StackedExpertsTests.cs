using MoeGen.Experts;
using MoeGen.Kernels;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

/// <summary>Experts whose matrices and biases the file has as slices of larger tensors, against indexing of the same values.</summary>
public class StackedExpertsTests
{
    private const int NumExperts = 3;
    private const string GateUp = "model.layers.{layer}.experts.gate_up";
    private const string Bias = "model.layers.{layer}.experts.gate_up_bias";

    private static readonly int[] s_layers = [SmallCheckpoint.SparseLayer];

    /// <summary>How gate and up share the rows of one matrix, and whether that is transposed.</summary>
    public enum Layout
    {
        Halves, // GraniteMoE
        Alternating,
        TransposedHalves, // Llama-4
        TransposedAlternating, // gpt-oss
    }

    public static MatrixTheoryData<Layout, WeightFormat> Layouts { get; } =
        new(Enum.GetValues<Layout>(), [WeightFormat.F32, WeightFormat.F16, WeightFormat.BF16]);

    [Theory]
    [MemberData(nameof(Layouts))]
    public void GateAndUp_AreSlicesOfTheStack(Layout layout, WeightFormat fileFormat)
    {
        GateAndUp<N1, N1, F32>(layout, fileFormat);
        GateAndUp<N5, N70, F32>(layout, fileFormat);
        GateAndUp<N70, N5, Bf16>(layout, fileFormat);
        GateAndUp<N96, N32, F16>(layout, fileFormat);
        GateAndUp<N1, N1031, F16>(layout, fileFormat);
        GateAndUp<N1031, N1, Bf16>(layout, fileFormat);
    }

    [Theory]
    [InlineData(Layout.Halves)]
    [InlineData(Layout.TransposedAlternating)]
    public void LargeMatrix_IsReadInPieces(Layout layout) => GateAndUp<N1031, N1031, Bf16>(layout, WeightFormat.F32);

    private static void GateAndUp<TRows, TColumns, TFormat>(Layout layout, WeightFormat fileFormat)
        where TRows : ISize
        where TColumns : ISize
        where TFormat : struct, IWeightFormat
    {
        int rows = 2 * TRows.Value, columns = TColumns.Value;
        bool isTransposed = layout >= Layout.TransposedHalves;
        bool isAlternating = layout is Layout.Alternating or Layout.TransposedAlternating;
        float[] stack = SmallCheckpoint.ExactValues(NumExperts * rows * columns, seed: rows + columns);
        using SmallCheckpoint checkpoint = new();
        long[] shape = isTransposed ? [NumExperts, columns, rows] : [NumExperts, rows, columns];
        checkpoint.Add("model.layers.1.experts.gate_up", fileFormat, shape, stack);

        (int firstUp, int step) = isAlternating ? (1, 2) : (TRows.Value, 1);
        long offset = Matrix<Shape<TRows, TColumns>, TFormat>.SizeInBytes;
        TensorDeclaration matrix = TensorDeclaration.Matrix<Shape<TRows, TColumns>, TFormat>(GateUp);
        using WeightStore store = checkpoint.Load(
            NumExperts,
            2 * offset,
            matrix.FromStack(NumExperts, rows, 0, step, isTransposed).InExperts(s_layers, 0),
            matrix.FromStack(NumExperts, rows, firstUp, step, isTransposed).InExperts(s_layers, offset));
        for (int expert = 0; expert < NumExperts; expert++)
        {
            ExpertSlot slot = store.Slot(SmallCheckpoint.SparseLayer, expert);
            Assert.Equal(Expected(0), SmallCheckpoint.Values(slot.Matrix<Shape<TRows, TColumns>, TFormat>(0)));
            Assert.Equal(Expected(firstUp), SmallCheckpoint.Values(slot.Matrix<Shape<TRows, TColumns>, TFormat>(offset)));

            float[] Expected(int firstRow) =>
            [
                .. from row in Enumerable.Range(0, TRows.Value)
                   from column in Enumerable.Range(0, columns)
                   let sourceRow = firstRow + (row * step)
                   select stack[(expert * rows * columns) + (isTransposed ? (column * rows) + sourceRow : (sourceRow * columns) + column)],
            ];
        }
    }

    [Theory]
    [InlineData(1, 7, 0, 1)]
    [InlineData(7, 7, 0, 1)]
    [InlineData(70, 140, 70, 1)]
    [InlineData(70, 140, 1, 2)]
    public void Biases_AreVectorsInTheBlob(int length, int rows, int first, int step)
    {
        float[] stack = SmallCheckpoint.ExactValues(NumExperts * rows, seed: rows);
        using SmallCheckpoint checkpoint = new();
        checkpoint.Add("model.layers.1.experts.gate_up_bias", WeightFormat.BF16, [NumExperts, rows], stack);
        TensorDeclaration vector = TensorDeclaration.Vector(Bias, length).FromStack(NumExperts, rows, first, step, isTransposed: true);
        using WeightStore store = checkpoint.Load(NumExperts, 64 + vector.SizeInBytes, vector.InExperts(s_layers, 64));
        for (int expert = 0; expert < NumExperts; expert++)
        {
            float[] expected = [.. Enumerable.Range(0, length).Select(i => stack[(expert * rows) + first + (i * step)])];
            ExpertSlot slot = store.Slot(SmallCheckpoint.SparseLayer, expert);
            Assert.Equal(expected, slot.Vector(64, length).Values);

            // kernels read whole vectors: zeros must follow
            Assert.All(slot.Vector(64, (length + 31) / 32 * 32).Values[length..].ToArray(), value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void VectorOfEachExpert_NeedsNoStack()
    {
        using SmallCheckpoint checkpoint = new();
        for (int expert = 0; expert < NumExperts; expert++)
        {
            checkpoint.Add($"experts.{expert}.bias", WeightFormat.F16, [5], SmallCheckpoint.ExactValues(5, expert));
        }

        using WeightStore store = checkpoint.Load(
            NumExperts, 128, TensorDeclaration.Vector("experts.{expert}.bias", 5).InExperts(s_layers, 0));
        Assert.Equal(SmallCheckpoint.ExactValues(5, 2), store.Slot(SmallCheckpoint.SparseLayer, 2).Vector(0, 5).Values);
    }

    [Fact]
    public void FusedTensors_HaveNamesOfTheirOwn()
    {
        const string Fused = "model.layers.{layer}.qkv";
        float[] matrix = SmallCheckpoint.ExactValues(11 * 70, seed: 1);
        float[] bias = SmallCheckpoint.ExactValues(11, seed: 2);
        using SmallCheckpoint checkpoint = new();
        checkpoint.Add("model.layers.1.qkv", WeightFormat.F32, [11, 70], matrix);
        checkpoint.Add("model.layers.1.qkv_bias", WeightFormat.F32, [11], bias);
        using WeightStore store = checkpoint.Load(
            0,
            0,
            TensorDeclaration.Matrix<Shape<N5, N70>, F32>("q.{layer}").In(s_layers).FromFused(Fused, 11),
            TensorDeclaration.Matrix<Shape<N5, N70>, Bf16>("k.{layer}").In(s_layers).FromFused(Fused, 11, firstRow: 5),
            TensorDeclaration.Matrix<Shape<N1, N70>, F32>("v.{layer}").In(s_layers).FromFused(Fused, 11, firstRow: 10),
            TensorDeclaration.Vector("k_bias", 5).In(s_layers).FromFused(Fused + "_bias", 11, firstRow: 5));
        Assert.Equal(matrix[..(5 * 70)], SmallCheckpoint.Values(store.Matrix<Shape<N5, N70>, F32>("q.{layer}", 1)));
        Assert.Equal(matrix[(5 * 70)..(10 * 70)], SmallCheckpoint.Values(store.Matrix<Shape<N5, N70>, Bf16>("k.{layer}", 1)));
        Assert.Equal(matrix[(10 * 70)..], SmallCheckpoint.Values(store.Matrix<Shape<N1, N70>, F32>("v.{layer}", 1)));
        Assert.Equal(bias[5..10], store.Vector("k_bias", 5, 1).Values);
    }

    [Fact]
    public void SharedStack_IsReadOnce()
    {
        using SmallCheckpoint checkpoint = new();
        checkpoint.Add("model.layers.1.experts.gate_up", WeightFormat.BF16, [NumExperts, 10, 70], new float[NumExperts * 10 * 70]);
        TensorDeclaration matrix = TensorDeclaration.Matrix<Shape<N5, N70>, Bf16>(GateUp);
        LastProgress progress = new();
        MoeOptions options = new() { Progress = progress, Threads = 1 };
        checkpoint.Load(
            SmallCheckpoint.Info(NumExperts, 16384),
            options,
            [
                matrix.FromStack(NumExperts, 10).InExperts(s_layers, 0),
                matrix.FromStack(NumExperts, 10, firstRow: 5).InExperts(s_layers, 8192),
            ]).Dispose();
        Assert.Equal(new LoadProgress(NumExperts * 10 * 70 * 2, NumExperts * 10 * 70 * 2), progress.Value);
    }

    [Theory]
    [InlineData(false, "[3, 10, 70]")]
    [InlineData(true, "[3, 70, 10]")]
    public void WrongShape_NamesTheWholeStack(bool isTransposed, string expected)
    {
        using SmallCheckpoint checkpoint = new();
        checkpoint.Add("model.layers.1.experts.gate_up", WeightFormat.F32, [3, 10, 71], new float[3 * 10 * 71]);
        ShapeMismatchException exception = Assert.Throws<ShapeMismatchException>(() => checkpoint.Load(
            NumExperts,
            16384,
            TensorDeclaration.Matrix<Shape<N5, N70>, F32>(GateUp).FromStack(3, 10, isTransposed: isTransposed).InExperts(s_layers, 0)));
        Assert.Equal(
            $"{checkpoint.FilePath}: tensor model.layers.1.experts.gate_up has shape [3, 10, 71]; expected {expected} as the config says",
            exception.Message);
    }

    [Theory]
    [InlineData(Layout.Halves)]
    [InlineData(Layout.TransposedHalves)]
    public void ValueTooLargeForMemory_IsNamedWithItsPlaceInTheStack(Layout layout)
    {
        bool isTransposed = layout == Layout.TransposedHalves;
        float[] values = new float[3 * 10 * 70];
        values[1234] = -1e6f; // expert 1: halves row 7, column 44; transposed column 53, row 4
        using SmallCheckpoint checkpoint = new();
        long[] shape = isTransposed ? [3, 70, 10] : [3, 10, 70];
        checkpoint.Add("model.layers.1.experts.gate_up", WeightFormat.F32, shape, values);
        TensorDeclaration matrix = TensorDeclaration.Matrix<Shape<N5, N70>, F16>(GateUp);
        NonFiniteValueException exception = Assert.Throws<NonFiniteValueException>(() => checkpoint.Load(
            NumExperts,
            16384,
            matrix.FromStack(3, 10, isTransposed: isTransposed).InExperts(s_layers, 0),
            matrix.FromStack(3, 10, firstRow: 5, isTransposed: isTransposed).InExperts(s_layers, 8192)));
        Assert.Contains("tensor model.layers.1.experts.gate_up holds -infinity at flat index 1234", exception.Message);
    }

    [Fact]
    public void ShorterStackThanExperts_IsRefused()
    {
        using SmallCheckpoint checkpoint = new();
        checkpoint.Add("model.layers.1.experts.gate_up", WeightFormat.F32, [2, 5, 70], new float[2 * 5 * 70]);
        Assert.Throws<InvalidOperationException>(() => checkpoint.Load(
            NumExperts, 16384, TensorDeclaration.Matrix<Shape<N5, N70>, F32>(GateUp).FromStack(2, 5).InExperts(s_layers, 0)));
    }

    [Fact]
    public void HugeStack_IsRefusedBeforeMemoryIsAskedFor()
    {
        using SmallCheckpoint checkpoint = new();
        checkpoint.Add("model.layers.1.experts.gate_up", WeightFormat.F32, [3, 5, 70], new float[3 * 5 * 70]);
        TensorDeclaration matrix = TensorDeclaration.Matrix<Shape<N5, N70>, F32>(GateUp).FromStack(int.MaxValue, int.MaxValue);
        long before = GC.GetTotalAllocatedBytes();
        ShapeMismatchException exception = Assert.Throws<ShapeMismatchException>(
            () => checkpoint.Load(int.MaxValue, 1L << 40, matrix.InExperts(s_layers, 0)));
        Assert.Contains("expected [2147483647, 2147483647, 70]", exception.Message);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 1 << 28); // other tests allocate too
    }

    [Fact]
    public void StackOfACutFile_IsRefused()
    {
        using SmallCheckpoint checkpoint = new();
        checkpoint.Add("model.layers.1.experts.gate_up", WeightFormat.F32, [3, 5, 70], new float[3 * 5 * 70]);
        checkpoint.Write();
        byte[] file = File.ReadAllBytes(checkpoint.FilePath);
        File.WriteAllBytes(checkpoint.FilePath, file[..^1]);
        CheckpointException exception = Assert.Throws<CheckpointException>(
            () => Checkpoint.Open(Path.GetDirectoryName(checkpoint.FilePath)!).Dispose());
        Assert.Contains("expected a complete file", exception.Message);
    }

    [Fact]
    public void Cancellation_StopsBetweenMatrices()
    {
        using SmallCheckpoint checkpoint = new();
        checkpoint.Add("model.layers.1.experts.gate_up", WeightFormat.F32, [3, 5, 70], new float[3 * 5 * 70]);
        using CancellationTokenSource cancellation = new();
        LastProgress progress = new() { Cancellation = cancellation };
        TensorDeclaration matrix = TensorDeclaration.Matrix<Shape<N5, N70>, F32>(GateUp).FromStack(3, 5).InExperts(s_layers, 0);
        Assert.ThrowsAny<OperationCanceledException>(() => checkpoint.Load(
            SmallCheckpoint.Info(NumExperts, 16384), new MoeOptions { Progress = progress, Threads = 1 }, [matrix], cancellation.Token));
        Assert.Equal(5 * 70 * 4, progress.Value.BytesLoaded);
    }

    private sealed class LastProgress : IProgress<LoadProgress>
    {
        public LoadProgress Value { get; private set; }

        public CancellationTokenSource? Cancellation { get; init; }

        public void Report(LoadProgress value)
        {
            Value = value;
            Cancellation?.Cancel();
        }
    }
}

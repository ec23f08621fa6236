using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using MoeGen.Gpu.Kernels;
using MoeGen.Kernels;

namespace MoeGen.Gpu.Tests.Kernels;

/// <summary>
/// The generated products of GPU matrices, against the values that the CPU's matrices give for the same bytes. Rows are no multiple of 16,
/// columns none of 32. An up projection has loops of every kind (1448 columns are 11 rounds of 64 lanes with 2 columns each and a rest, in Q4
/// 3100 are 6 with 8 columns each and a rest), a down projection has less than a round.
/// </summary>
public sealed class GpuMatrixTests : IDisposable
{
    // of the sum of magnitudes: 3100 roundings of 2^-24 each are 2e-4 at worst, but 3e-6 if half of them go up; a column of 3100 is 3e-4
    private const double Tolerance = 1e-5;

    // words in front of the matrix and behind it: not numbers, and never to be read
    private const int Margin = 3;

    private readonly TestAccelerator _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void F32_IsTheProduct()
    {
        Check<Generated.SmallF32.ExpertUpShape, F32, Generated.SmallF32.Gpu.ExpertUpMatrix>();
        Check<Generated.SmallF32.ExpertDownShape, F32, Generated.SmallF32.Gpu.ExpertDownMatrix>();
    }

    [Fact]
    public void F16_IsTheProduct()
    {
        Check<Generated.SmallF16.ExpertUpShape, F16, Generated.SmallF16.Gpu.ExpertUpMatrix>();
        Check<Generated.SmallF16.ExpertDownShape, F16, Generated.SmallF16.Gpu.ExpertDownMatrix>();
    }

    [Fact]
    public void Bf16_IsTheProduct()
    {
        Check<Generated.SmallBf16.ExpertUpShape, Bf16, Generated.SmallBf16.Gpu.ExpertUpMatrix>();
        Check<Generated.SmallBf16.ExpertDownShape, Bf16, Generated.SmallBf16.Gpu.ExpertDownMatrix>();
    }

    [Fact]
    public void Q8_IsTheProduct()
    {
        Check<Generated.SmallQ8.ExpertUpShape, Q8, Generated.SmallQ8.Gpu.ExpertUpMatrix>();
        Check<Generated.SmallQ8.ExpertDownShape, Q8, Generated.SmallQ8.Gpu.ExpertDownMatrix>();
    }

    [Fact]
    public void Q4_IsTheProduct()
    {
        Check<Generated.SmallQ4.ExpertUpShape, Q4, Generated.SmallQ4.Gpu.ExpertUpMatrix>();
        Check<Generated.SmallQ4.ExpertDownShape, Q4, Generated.SmallQ4.Gpu.ExpertDownMatrix>();
    }

    [Fact]
    public void Q4_KeepsTheFormatsOfVocabularyAndRouter()
    {
        Check<Generated.SmallQ4.VocabShape, Q8, Generated.SmallQ4.Gpu.VocabMatrix>();
        Check<Generated.SmallQ4.RouterShape, Bf16, Generated.SmallQ4.Gpu.RouterMatrix>();
    }

    private void Check<TShape, TFormat, TMatrix>()
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
        where TMatrix : struct, IGpuMatrix
    {
        Assert.Equal((TShape.Rows, TShape.Columns), (TMatrix.Rows, TMatrix.Columns));
        int panels = (TShape.Rows + 15) / 16;
        Assert.Equal(Matrix<TShape, TFormat>.SizeInBytes, 16L * panels * TMatrix.PanelWords);

        Random random = new(TShape.Rows + TShape.Columns);
        using RandomMatrix<TShape, TFormat> matrix = new(random);
        float[] x = [.. Enumerable.Range(0, TShape.Columns).Select(_ => (float)random.NextDouble() - 0.5f)];
        (double Product, double Magnitude)[] expected = [.. Enumerable.Range(0, TShape.Rows).Select(row => matrix.Product(row, x))];
        foreach (int lanes in new[] { 1, 2, 64 })
        {
            Sums[] sums = Launch<TMatrix>(matrix.Bytes, x, panels, lanes);
            for (int row = 0; row < TShape.Rows; row++)
            {
                float actual = sums.AsSpan(row / 8 * lanes, lanes).ToArray().Select(lane => RowOf(lane, row % 8)).Sum();
                Assert.True(
                    Math.Abs(actual - expected[row].Product) <= Tolerance * expected[row].Magnitude,
                    $"{typeof(TMatrix).FullName}, {lanes} lanes, row {row}: expected {expected[row].Product}, got {actual}");
            }
        }
    }

    private static float RowOf(Sums sums, int row) => MemoryMarshal.Cast<Sums, float>(MemoryMarshal.CreateReadOnlySpan(ref sums, 1))[row];

    // [halves of panels, lanes]
    private Sums[] Launch<TMatrix>(ReadOnlySpan<byte> matrix, float[] x, int panels, int lanes)
        where TMatrix : struct, IGpuMatrix
    {
        Words[] weights = [.. Enumerable.Repeat(new Words { X = ~0u, Y = ~0u, Z = ~0u, W = ~0u }, (matrix.Length / 16) + (2 * Margin))];
        MemoryMarshal.Cast<byte, Words>(matrix).CopyTo(weights.AsSpan(Margin));

        // the second one of three rows
        Pair[] rows = [.. Enumerable.Repeat(new Pair { Even = float.NaN, Odd = float.NaN }, 3 * PairsOf<TMatrix>())];
        Span<Pair> second = rows.AsSpan(PairsOf<TMatrix>(), PairsOf<TMatrix>());
        second.Clear();
        x.CopyTo(MemoryMarshal.Cast<Pair, float>(second));

        using MemoryBuffer1D<Words, Stride1D.Dense> weightBuffer = _test.Accelerator.Allocate1D(weights);
        using MemoryBuffer1D<Pair, Stride1D.Dense> rowBuffer = _test.Accelerator.Allocate1D(rows);
        using MemoryBuffer1D<Sums, Stride1D.Dense> sumBuffer = _test.Accelerator.Allocate1D<Sums>(2 * panels * lanes);
        Action<AcceleratorStream, KernelConfig, ArrayView<Words>, ArrayView<Pair>, ArrayView<Sums>> kernel =
            _test.Accelerator.LoadKernel<ArrayView<Words>, ArrayView<Pair>, ArrayView<Sums>>(StoreSums<TMatrix>);
        KernelConfig config = new(new Index3D(panels, 2, lanes), new Index3D(1, 1, 1));
        kernel(_test.Stream, config, weightBuffer.View, rowBuffer.View, sumBuffer.View);
        _test.Stream.Synchronize();
        return sumBuffer.View.BaseView.GetAsArray();
    }

    // a group of one thread for each panel, half and lane
    private static void StoreSums<TMatrix>(ArrayView<Words> weights, ArrayView<Pair> x, ArrayView<Sums> sums)
        where TMatrix : struct, IGpuMatrix
    {
        int half = Grid.IdxY, lane = Grid.IdxZ, lanes = Grid.DimZ;
        long panel = Margin + ((long)Grid.IdxX * TMatrix.PanelWords);
        sums[(((2 * Grid.IdxX) + half) * lanes) + lane] = TMatrix.Dot(weights, panel, x, PairsOf<TMatrix>(), half, lane, lanes);
    }

    // pairs of a row of activations
    private static int PairsOf<TMatrix>()
        where TMatrix : struct, IGpuMatrix =>
        (TMatrix.Columns + 31) / 32 * 16;
}

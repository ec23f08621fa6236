using MoeGen.Kernels;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Weights.Quantized;

/// <summary>Matrices that are quantised while they are loaded.</summary>
public sealed class QuantizedLoadTests : IDisposable
{
    private const string Name = "model.layers.{layer}.experts";
    private static readonly int[] s_layers = [SmallCheckpoint.SparseLayer];

    private readonly SmallCheckpoint _checkpoint = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryRow_IsQuantizedAsAWhole(bool isTransposed)
    {
        // 2.8 MB, read in two pieces: of a transposed matrix they are columns, and a block is 32 of them
        float[] values = Random(N700.Value * N1000.Value, seed: 1);
        Check<Q8Block, Q8>(values, isTransposed);
        Check<Q4Block, Q4>(values, isTransposed);
    }

    [Fact]
    public void QuantizedValues_StayAsTheyAre()
    {
        float[] once = Load<Q8>(Random(N700.Value * N1000.Value, seed: 2), isTransposed: false);
        Assert.Equal(once, Load<Q8>(once, isTransposed: false));
        once = Load<Q4>(once, isTransposed: false);
        Assert.Equal(once, Load<Q4>(once, isTransposed: true));
    }

    [Fact]
    public void ValueThatNoScaleHolds_IsRefusedByFileAndTensor()
    {
        float[] values = Random(N700.Value * N1000.Value, seed: 3);
        values[1234] = -1e8f;
        NonFiniteValueException exception = Assert.Throws<NonFiniteValueException>(() => Load<Q8>(values, isTransposed: false));
        Assert.Equal(
            $"{_checkpoint.FilePath}: tensor model.layers.1.experts holds -100000000 at flat index 1234, which asks for a scale beyond 65504 "
            + "in Q8; expected smaller values, or take another format.",
            exception.Message);
        values[1234] = float.NaN;
        Assert.Contains("holds NaN at flat index 1234", Assert.Throws<NonFiniteValueException>(() => Load<Q4>(values, false)).Message);
    }

    public void Dispose() => _checkpoint.Dispose();

    private void Check<TBlock, TFormat>(float[] values, bool isTransposed)
        where TBlock : struct, IBlockFormat
        where TFormat : struct, IWeightFormat
    {
        float[] expected = new float[values.Length];
        byte[] blocks = new byte[QuantizedLayout.RowBytes<TBlock>(N1000.Value)];
        for (int first = 0; first < values.Length; first += N1000.Value)
        {
            Assert.Equal(-1, BlockQuantizer.Quantize<TBlock>(values.AsSpan(first, N1000.Value), blocks));
            BlockQuantizer.Dequantize<TBlock>(blocks, expected.AsSpan(first, N1000.Value));
        }

        Assert.Equal(expected, Load<TFormat>(values, isTransposed));
    }

    // values of [700, 1000] as the only expert of a layer
    private float[] Load<TFormat>(float[] values, bool isTransposed)
        where TFormat : struct, IWeightFormat
    {
        int rows = N700.Value, columns = N1000.Value;
        float[] stored = values;
        if (isTransposed)
        {
            stored = new float[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                stored[(i % columns * rows) + (i / columns)] = values[i];
            }
        }

        string name = TensorDeclaration.Expand(Name, SmallCheckpoint.SparseLayer);
        _checkpoint.Remove(name);
        _checkpoint.Add(name, WeightFormat.F32, isTransposed ? [1, columns, rows] : [1, rows, columns], stored);
        TensorDeclaration declaration = TensorDeclaration.Matrix<Shape<N700, N1000>, TFormat>(Name)
            .InExperts(s_layers, 0).FromStack(1, rows, isTransposed: isTransposed);
        using WeightStore store = _checkpoint.Load(1, declaration.SizeInBytes, declaration);
        return SmallCheckpoint.Values(store.Slot(SmallCheckpoint.SparseLayer, 0).Matrix<Shape<N700, N1000>, TFormat>(0));
    }

    private static float[] Random(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private readonly struct N700 : ISize
    {
        public static int Value => 700;
    }

    private readonly struct N1000 : ISize
    {
        public static int Value => 1000;
    }
}

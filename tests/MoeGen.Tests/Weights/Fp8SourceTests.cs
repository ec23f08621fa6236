using MoeGen.Kernels;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

/// <summary>Tensors of F8_E4M3 with scales of blocks, against a naive decoding of the same bytes.</summary>
public class Fp8SourceTests
{
    private const string Name = "a.weight";
    private const string Scales = Name + "_scale_inv";

    [Theory]
    [InlineData(128, 128)]
    [InlineData(16, 16)]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(1, 128)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void Matrix_IsScaledByBlocks(int blockRows, int blockColumns)
    {
        Fp8Block block = new(blockRows, blockColumns);
        Matrix<N1, N1>(block);
        Matrix<N5, N70>(block);
        Matrix<N70, N5>(block);
        Matrix<N32, N96>(block);
    }

    [Fact]
    public void LargeMatrix_IsReadInPieces() => Matrix<N1031, N1031>(new Fp8Block(128, 128));

    private static void Matrix<TRows, TColumns>(Fp8Block block)
        where TRows : ISize
        where TColumns : ISize
    {
        foreach (WeightFormat scaleFormat in Enum.GetValues<WeightFormat>().Where(format => !format.IsQuantized()))
        {
            using SmallCheckpoint checkpoint = new();
            float[] expected = AddRandom(checkpoint, Name, [], TRows.Value, TColumns.Value, block, scaleFormat);
            using WeightStore store = Load(checkpoint, block, TensorDeclaration.Matrix<Shape<TRows, TColumns>, F32>(Name));
            Assert.Equal(expected, SmallCheckpoint.Values(store.Matrix<Shape<TRows, TColumns>, F32>(Name)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stack_HasBlocksInEachMatrix(bool isTransposed)
    {
        const int NumExperts = 3;
        Fp8Block block = new(4, 16);
        int[] layers = [SmallCheckpoint.SparseLayer];
        using SmallCheckpoint checkpoint = new();
        (int rows, int columns) = isTransposed ? (70, 10) : (10, 70);
        float[] stack = AddRandom(checkpoint, Name, [NumExperts], rows, columns, block, WeightFormat.F32);
        TensorDeclaration matrix = TensorDeclaration.Matrix<Shape<N5, N70>, F32>(Name);
        using WeightStore store = Load(
            checkpoint, block, matrix.FromStack(NumExperts, 10, firstRow: 5, isTransposed: isTransposed).InExperts(layers, 0));
        for (int expert = 0; expert < NumExperts; expert++)
        {
            float[] expected =
            [
                .. from row in Enumerable.Range(5, 5)
                   from column in Enumerable.Range(0, 70)
                   select stack[(expert * 700) + (isTransposed ? (column * 10) + row : (row * 70) + column)],
            ];
            Assert.Equal(expected, SmallCheckpoint.Values(store.Slot(SmallCheckpoint.SparseLayer, expert).Matrix<Shape<N5, N70>, F32>(0)));
        }
    }

    [Fact]
    public void Vector_IsScaledByTheColumnsOfBlocks()
    {
        Fp8Block block = new(128, 16);
        using SmallCheckpoint checkpoint = new();
        float[] expected = AddRandom(checkpoint, Name, [], 1, 70, block, WeightFormat.F32, isVector: true);
        using WeightStore store = Load(checkpoint, block, TensorDeclaration.Vector(Name, 70));
        Assert.Equal(expected, store.Vector(Name, 70).Values);
    }

    [Fact]
    public void ModelWithoutBlocks_RefusesFp8()
    {
        using SmallCheckpoint checkpoint = Good();
        Assert.EndsWith(
            $"tensor {Name} is of type F8_E4M3, but the config has no quantization_config with a weight_block_size; "
            + "expected both or F32, F16 or BF16",
            Assert.Throws<CheckpointException>(() => Load(checkpoint, block: null)).Message);
    }

    [Fact]
    public void MissingScales_AreNamed()
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Remove(Scales);
        Assert.Equal(Scales, Assert.Throws<WeightNotFoundException>(() => Load(checkpoint)).Tensor);
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(2, 5)]
    [InlineData(10)]
    public void ScalesOfAnotherShape_AreRefused(params int[] shape)
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Reshape(Scales, [.. shape.Select(dimension => (long)dimension)]);
        Assert.EndsWith(
            $"tensor {Scales} has shape [{string.Join(", ", shape)}]; expected [3, 5] as the config says",
            Assert.Throws<ShapeMismatchException>(() => Load(checkpoint)).Message);
    }

    [Fact]
    public void ScalesOfAnotherType_AreRefused()
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Remove(Scales);
        checkpoint.Add(Scales, TensorType.F8E8M0, [3, 5], new byte[15]);
        Assert.EndsWith(
            $"tensor {Scales} is of type F8_E8M0; expected F32, F16 or BF16",
            Assert.Throws<CheckpointException>(() => Load(checkpoint)).Message);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "infinity")]
    public void NonFiniteScale_IsRefusedWithItsPlace(float scale, string shown)
    {
        using SmallCheckpoint checkpoint = Good(scale);
        Assert.Contains(
            $"tensor {Scales} holds {shown} at flat index 12", Assert.Throws<NonFiniteValueException>(() => Load(checkpoint)).Message);
    }

    [Fact]
    public void NegativeScale_IsRefusedWithItsPlace()
    {
        using SmallCheckpoint checkpoint = Good(-0.5f);
        Assert.EndsWith(
            $"tensor {Scales} holds -0.5 at flat index 12; expected scales of 0 or more",
            Assert.Throws<CheckpointException>(() => Load(checkpoint)).Message);
    }

    [Fact]
    public void ScaleOfZero_IsLoadedAndSaid()
    {
        using SmallCheckpoint checkpoint = Good(0);
        List<string> notices = [];
        Load(checkpoint, new MoeOptions { Notice = notices.Add });
        Assert.Equal([$"{checkpoint.FilePath}: tensor {Scales} holds 0 at flat index 12; every weight of its block is 0"], notices);
    }

    [Fact]
    public void GoodScales_NeedNoNotice()
    {
        using SmallCheckpoint checkpoint = Good();
        Load(checkpoint, new MoeOptions { Notice = text => Assert.Fail(text) });
    }

    [Fact]
    public void SeveralZeroScales_AreOneNotice()
    {
        using SmallCheckpoint checkpoint = Good(0);
        checkpoint.Add("b.weight", TensorType.F8E4M3, [1, 1], [0x38]);
        checkpoint.Add("b.weight_scale_inv", WeightFormat.F32, [1, 1], [0]);
        List<string> notices = [];
        checkpoint.Load(
            SmallCheckpoint.Info(3, 16384) with { Fp8Block = new Fp8Block(2, 16) },
            new MoeOptions { Notice = notices.Add },
            [TensorDeclaration.Matrix<Shape<N5, N70>, F32>(Name), TensorDeclaration.Matrix<Shape<N1, N1>, F32>("b.weight")]).Dispose();
        Assert.EndsWith("every weight of its block is 0 (and so in 1 other tensors)", Assert.Single(notices));
    }

    [Theory]
    [InlineData(0x7F, 1, "NaN")]
    [InlineData(0xFF, 1, "NaN")]
    [InlineData(0xFE, 1e36f, "-infinity")] // 448 x 10^36 is beyond float32
    public void NonFiniteValue_IsRefusedWithItsPlace(byte code, float scale, string shown)
    {
        using SmallCheckpoint checkpoint = Good(scale);
        checkpoint.Damage(Name, (4 * 70) + 40, code); // block row 2 of 2 rows, block column 2 of 16 columns: scale 12
        Assert.Contains(
            $"tensor {Name} gives {shown} for its value {(4 * 70) + 40} when scaled",
            Assert.Throws<NonFiniteValueException>(() => Load(checkpoint)).Message);
    }

    // [5, 70] in blocks of [2, 16]; all values are 0, all scales 1 but the one at index 12
    private static SmallCheckpoint Good(float scale = 1)
    {
        SmallCheckpoint checkpoint = new();
        float[] scales = [.. Enumerable.Repeat(1f, 15)];
        scales[12] = scale;
        checkpoint.Add(Name, TensorType.F8E4M3, [5, 70], new byte[5 * 70]);
        checkpoint.Add(Scales, TensorType.F32, [3, 5], System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(scales).ToArray());
        return checkpoint;
    }

    private static void Load(SmallCheckpoint checkpoint, MoeOptions? options = null) =>
        Load(checkpoint, new Fp8Block(2, 16), options).Dispose();

    private static WeightStore Load(SmallCheckpoint checkpoint, Fp8Block? block, MoeOptions? options = null) =>
        Load(checkpoint, block, TensorDeclaration.Matrix<Shape<N5, N70>, F32>(Name), options);

    private static WeightStore Load(
        SmallCheckpoint checkpoint, Fp8Block? block, TensorDeclaration declaration, MoeOptions? options = null) =>
        checkpoint.Load(SmallCheckpoint.Info(3, 16384) with { Fp8Block = block }, options ?? new MoeOptions(), [declaration]);

    // random codes but NaN; returns code x scale in float32
    private static float[] AddRandom(
        SmallCheckpoint checkpoint, string name, long[] outer, int rows, int columns, Fp8Block block, WeightFormat scaleFormat,
        bool isVector = false)
    {
        Random random = new(rows + columns);
        int count = (int)outer.Aggregate(1L, (product, dimension) => product * dimension);
        int rowBlocks = (int)(((long)rows + block.Rows - 1) / block.Rows);
        int columnBlocks = (int)(((long)columns + block.Columns - 1) / block.Columns);
        byte[] codes = [.. Enumerable.Range(0, count * rows * columns).Select(_ => (byte)(random.Next(0x7F) | (random.Next(2) << 7)))];
        float[] scales = [.. SmallCheckpoint.ExactValues(count * rowBlocks * columnBlocks, seed: columns).Select(MathF.Abs)];
        checkpoint.Add(name, TensorType.F8E4M3, isVector ? [columns] : [.. outer, rows, columns], codes);
        checkpoint.Add(name + "_scale_inv", scaleFormat, isVector ? [columnBlocks] : [.. outer, rowBlocks, columnBlocks], scales);
        float[] values = new float[codes.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int matrix = i / (rows * columns), row = i / columns % rows, column = i % columns;
            int exponent = (codes[i] >> 3) & 15, fraction = codes[i] & 7;
            double magnitude = exponent == 0 ? fraction * Math.Pow(2, -9) : (8 + fraction) * Math.Pow(2, exponent - 10);
            float scale = scales[(((matrix * rowBlocks) + (row / block.Rows)) * columnBlocks) + (column / block.Columns)];
            values[i] = (float)((codes[i] < 0x80 ? magnitude : -magnitude) * scale);
        }

        return values;
    }
}

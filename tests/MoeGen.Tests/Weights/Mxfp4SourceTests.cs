using MoeGen.Experts;
using MoeGen.Kernels;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

/// <summary>Experts in MXFP4, against a naive decoding of the same bytes.</summary>
public class Mxfp4SourceTests
{
    private const int NumExperts = 3;
    private const string Name = "experts.gate_up";
    private const string Blocks = Name + "_blocks";
    private const string Scales = Name + "_scales";

    private static readonly int[] s_layers = [SmallCheckpoint.SparseLayer];

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public void Stack_IsDecoded_WhateverIsSaidOfThePlainLayout(bool isTransposed, int step)
    {
        Stack<N1, N32, F32>(isTransposed, step);
        Stack<N5, N96, F32>(isTransposed, step);
        Stack<N70, N32, Bf16>(isTransposed, step);
        Stack<N5, N96, F16>(isTransposed, step);
    }

    [Fact]
    public void LargeStack_IsReadInPieces() => Stack<N1031, N1024, Bf16>(isTransposed: true, step: 2);

    [Fact]
    public void MatrixAlone_IsDecodedToo()
    {
        using SmallCheckpoint checkpoint = new();
        float[] expected = AddRandom(checkpoint, Name, [], 5, 96);
        using WeightStore store = checkpoint.Load(0, 0, TensorDeclaration.Matrix<Shape<N5, N96>, Bf16>(Name));
        Assert.Equal(expected, SmallCheckpoint.Values(store.Matrix<Shape<N5, N96>, Bf16>(Name)));
    }

    private static void Stack<TRows, TColumns, TFormat>(bool isTransposed, int step)
        where TRows : ISize
        where TColumns : ISize
        where TFormat : struct, IWeightFormat
    {
        int rows = 2 * TRows.Value, columns = TColumns.Value;
        int firstUp = step == 2 ? 1 : TRows.Value;
        using SmallCheckpoint checkpoint = new();
        float[] stack = AddRandom(checkpoint, Name, [NumExperts], rows, columns);
        long offset = Matrix<Shape<TRows, TColumns>, TFormat>.SizeInBytes;
        TensorDeclaration matrix = TensorDeclaration.Matrix<Shape<TRows, TColumns>, TFormat>(Name);
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

            float[] Expected(int first) =>
            [
                .. Enumerable.Range(0, TRows.Value)
                    .SelectMany(row => stack.Skip(((expert * rows) + first + (row * step)) * columns).Take(columns)),
            ];
        }
    }

    [Theory]
    [InlineData(Blocks)]
    [InlineData(Scales)]
    public void MissingHalf_IsNamed(string missing)
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Remove(missing);
        Assert.Equal(missing, Assert.Throws<WeightNotFoundException>(() => Load(checkpoint)).Tensor);
    }

    [Fact]
    public void WithoutBoth_ThePlainTensorIsMissing()
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Remove(Blocks);
        checkpoint.Remove(Scales);
        Assert.Equal(Name, Assert.Throws<WeightNotFoundException>(() => Load(checkpoint)).Tensor);
    }

    [Fact]
    public void BothLayouts_AreRefused()
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Add(Name, WeightFormat.F32, [1, 5, 96], new float[5 * 96]);
        Assert.Contains(
            $"tensor {Name} is there as it is and as MXFP4 blocks; expected one of both",
            Assert.Throws<CheckpointException>(() => Load(checkpoint)).Message);
    }

    [Theory]
    [InlineData(Blocks, new long[] { 1, 5, 3, 8 }, "[1, 5, 3, 16]")]
    [InlineData(Blocks, new long[] { 1, 5, 48 }, "[1, 5, 3, 16]")]
    [InlineData(Blocks, new long[] { 1, 6, 3, 16 }, "[1, 5, 3, 16]")]
    [InlineData(Scales, new long[] { 1, 5, 4 }, "[1, 5, 3]")]
    [InlineData(Scales, new long[] { 5, 3 }, "[1, 5, 3]")]
    public void WrongShape_NamesBothShapes(string tensor, long[] shape, string expected)
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Reshape(tensor, shape);
        Assert.EndsWith(
            $"tensor {tensor} has shape [{string.Join(", ", shape)}]; expected {expected} as the config says",
            Assert.Throws<ShapeMismatchException>(() => Load(checkpoint)).Message);
    }

    [Fact]
    public void ColumnsThatBlocksCannotHold_AreAShapeError()
    {
        using SmallCheckpoint checkpoint = Good();
        Assert.EndsWith(
            $"tensor {Blocks} has shape [1, 5, 3, 16]; expected 70 columns, which blocks of 32 cannot hold, as the config says",
            Assert.Throws<ShapeMismatchException>(() => checkpoint.Load(
                1, 16384, TensorDeclaration.Matrix<Shape<N5, N70>, F32>(Name).FromStack(1, 5).InExperts(s_layers, 0))).Message);
    }

    [Theory]
    [InlineData(Blocks, "U8")]
    [InlineData(Scales, "U8 or F8_E8M0")]
    public void OtherType_IsRefused(string tensor, string expected)
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Remove(tensor);
        long[] shape = tensor == Blocks ? [1, 5, 3, 16] : [1, 5, 3];
        checkpoint.Add(tensor, TensorType.I8, shape, new byte[shape.Aggregate((a, b) => a * b)]);
        Assert.EndsWith(
            $"tensor {tensor} is of type I8; expected {expected}", Assert.Throws<CheckpointException>(() => Load(checkpoint)).Message);
    }

    [Fact]
    public void NaNScale_IsRefusedWithItsPlace()
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Damage(Scales, 7, 255);
        Assert.Contains(
            $"tensor {Scales} holds NaN at flat index 7", Assert.Throws<NonFiniteValueException>(() => Load(checkpoint)).Message);
    }

    [Theory]
    [InlineData(WeightFormat.F32, 254)] // 6 x 2^127
    [InlineData(WeightFormat.F16, 127 + 14)] // 6 x 2^14 = 98304, but half precision ends at 65504
    public void Overflow_IsRefusedWithItsPlace(WeightFormat format, byte scale)
    {
        using SmallCheckpoint checkpoint = Good();
        checkpoint.Damage(Scales, 7, scale);
        checkpoint.Damage(Blocks, (7 * 16) + 3, 0xF1); // values 6 and 7 of block 7: 0.5 and -6
        Assert.Contains(
            $"tensor {Blocks} gives -infinity for its value {(7 * 32) + 7} when scaled",
            Assert.Throws<NonFiniteValueException>(() => Load(checkpoint, format)).Message);
    }

    // one expert [5, 96], all codes 0
    private static SmallCheckpoint Good()
    {
        SmallCheckpoint checkpoint = new();
        checkpoint.Add(Blocks, TensorType.U8, [1, 5, 3, 16], new byte[5 * 3 * 16]);
        checkpoint.Add(Scales, TensorType.U8, [1, 5, 3], new byte[5 * 3]);
        return checkpoint;
    }

    private static void Load(SmallCheckpoint checkpoint, WeightFormat format = WeightFormat.F32)
    {
        TensorDeclaration declaration = format == WeightFormat.F32
            ? TensorDeclaration.Matrix<Shape<N5, N96>, F32>(Name)
            : TensorDeclaration.Matrix<Shape<N5, N96>, F16>(Name);
        checkpoint.Load(1, 16384, declaration.FromStack(1, 5, isTransposed: true).InExperts(s_layers, 0)).Dispose();
    }

    // random codes with scales that every format in memory holds; returns the values
    private static float[] AddRandom(SmallCheckpoint checkpoint, string name, long[] outer, int rows, int columns)
    {
        Random random = new(rows + columns);
        int count = (int)outer.Aggregate((long)rows * columns, (product, dimension) => product * dimension);
        byte[] blocks = new byte[count / 2];
        byte[] scales = new byte[count / 32];
        random.NextBytes(blocks);
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = (byte)random.Next(127 - 8, 127 + 8);
        }

        checkpoint.Add(name + "_blocks", TensorType.U8, [.. outer, rows, columns / 32, 16], blocks);
        checkpoint.Add(name + "_scales", TensorType.U8, [.. outer, rows, columns / 32], scales);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            int code = i % 2 == 0 ? blocks[i / 2] & 15 : blocks[i / 2] >> 4;
            int exponent = (code >> 1) & 3, fraction = code & 1;
            double magnitude = exponent == 0 ? fraction / 2.0 : (1 + (fraction / 2.0)) * Math.Pow(2, exponent - 1);
            values[i] = (float)((code < 8 ? magnitude : -magnitude) * Math.Pow(2, scales[i / 32] - 127));
        }

        return values;
    }
}

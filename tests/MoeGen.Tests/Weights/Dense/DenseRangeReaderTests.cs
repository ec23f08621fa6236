using MoeGen.Memory;
using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Tests.Weights.Dense;

/// <summary>Ranges of the block, each converted alone, against the block that is loaded as a whole.</summary>
public sealed class DenseRangeReaderTests : IDisposable
{
    private readonly SmallCheckpoint _checkpoint = new();

    public static TheoryData<WeightFormat> Formats => [.. Enum.GetValues<WeightFormat>()];

    [Theory]
    [MemberData(nameof(Formats))]
    public unsafe void AnyRange_IsThatOfTheBlock(WeightFormat format)
    {
        using Checkpoint checkpoint = WriteCheckpoint();
        LoadPlan plan = LoadPlan.Create(checkpoint, SmallCheckpoint.Info(0, 0), Declare(format));
        using NativeBuffer block = new(plan.Dense.SizeInBytes, DirectFile.Alignment), range = new(plan.Dense.SizeInBytes);
        using CheckpointDense whole = new(plan);
        for (int piece = 0; piece < whole.NumPieces; piece++)
        {
            whole.Read(piece, block.Pointer, CancellationToken.None);
        }

        Assert.Contains(Bytes(block, 0, block.SizeInBytes).ToArray(), value => value != 0);
        using DenseRangeReader reader = new(plan);
        Random random = new(1);
        for (int i = 0; i < 200; i++)
        {
            long first = random.NextInt64(block.SizeInBytes), length = random.NextInt64(i < 100 ? 300 : block.SizeInBytes);
            length = i == 0 ? 0 : Math.Min(length, block.SizeInBytes - first);

            // what an earlier range has left does not show
            new Span<byte>(range.Pointer, (int)range.SizeInBytes).Fill(0xAB);
            reader.Read(first, length, range.Pointer, CancellationToken.None);
            Assert.True(Bytes(block, first, length).SequenceEqual(Bytes(range, 0, length)), $"{length} bytes from {first} on");
            Assert.True(length == range.SizeInBytes || range.Pointer[length] == 0xAB, $"behind {length} bytes from {first} on");
        }
    }

    [Fact]
    public unsafe void NonFiniteValue_IsFoundInTheRangeThatHasIt()
    {
        // value 700 is column 0 of row 10: in the first panel of two
        WriteCheckpoint().Dispose();
        _checkpoint.Damage("plain", (700 * 4) + 2, 0x80);
        _checkpoint.Damage("plain", (700 * 4) + 3, 0x7F);
        _checkpoint.Write();
        using Checkpoint checkpoint = Open();
        LoadPlan plan = LoadPlan.Create(checkpoint, SmallCheckpoint.Info(0, 0), Declare(WeightFormat.F32));
        using DenseRangeReader reader = new(plan);
        using NativeBuffer range = new(1);
        long offset = plan.Dense.Find("plain").Offset, panel = MatrixLayout.PanelBytes(70, WeightFormat.F32);
        NonFiniteValueException exception = Assert.Throws<NonFiniteValueException>(
            () => reader.Read(offset + panel - 1, 1, range.Pointer, CancellationToken.None));
        Assert.Contains("tensor plain holds infinity at flat index 700", exception.Message);
        reader.Read(offset + panel, 1, range.Pointer, CancellationToken.None);
    }

    [Fact]
    public unsafe void Cancellation_Stops()
    {
        using Checkpoint checkpoint = WriteCheckpoint();
        using DenseRangeReader reader = new(LoadPlan.Create(checkpoint, SmallCheckpoint.Info(0, 0), Declare(WeightFormat.F32)));
        using NativeBuffer range = new(1);
        Assert.ThrowsAny<OperationCanceledException>(() => reader.Read(0, 1, range.Pointer, new CancellationToken(canceled: true)));
    }

    public void Dispose() => _checkpoint.Dispose();

    private static TensorDeclaration[] Declare(WeightFormat format) =>
    [
        TensorDeclaration.Vector("norm", 45),
        TensorDeclaration.Matrix("plain", 30, 70, format),
        TensorDeclaration.Matrix("layers.{layer}.gate", 19, 33, format).In([0, 1]).FromFused("layers.{layer}.gate_up", 38, rowStep: 2),
        TensorDeclaration.Matrix("layers.{layer}.up", 19, 33, format)
            .In([0, 1]).FromFused("layers.{layer}.gate_up", 38, firstRow: 1, rowStep: 2),
        TensorDeclaration.Matrix("turned", 50, 40, format).FromFused("turned", 60, firstRow: 7, isTransposed: true),
        TensorDeclaration.Vector("bias", 20).FromFused("biases", 60, firstRow: 20),
    ];

    private static unsafe ReadOnlySpan<byte> Bytes(NativeBuffer buffer, long first, long length) =>
        new(buffer.Pointer + first, (int)length);

    private Checkpoint WriteCheckpoint()
    {
        Add("norm", 45);
        Add("plain", 30, 70);
        Add("layers.0.gate_up", 38, 33);
        Add("layers.1.gate_up", 38, 33);
        Add("turned", 40, 60);
        Add("biases", 60);
        _checkpoint.Write();
        return Open();

        void Add(string name, params long[] shape)
        {
            int count = (int)shape.Aggregate((product, dimension) => product * dimension);
            _checkpoint.Add(name, WeightFormat.F32, shape, SmallCheckpoint.ExactValues(count, name.Length));
        }
    }

    private Checkpoint Open() => Checkpoint.Open(Path.GetDirectoryName(_checkpoint.FilePath)!);
}

using MoeGen.Memory;
using MoeGen.Packs;
using MoeGen.Tests.Packs;
using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Tests.Weights.Dense;

/// <summary>Everything outside the experts from a checkpoint and from a pack of it, piece by piece.</summary>
public sealed class DenseSourceTests : IDisposable
{
    private readonly PackedSmallModel _model = new();

    public DenseSourceTests()
    {
        _model.Pack();
    }

    [Fact]
    public unsafe void Pieces_MakeTheSameBlock_InAnyOrder()
    {
        using WeightFiles checkpoint = Open(_model.Source), pack = Open(_model.Destination);
        using NativeBuffer expected = NewBlock(), actual = NewBlock();
        ReadAll(checkpoint.Dense, expected);
        ReadAll(pack.Dense, actual);
        ReadOnlySpan<byte> bytes = new(expected.Pointer, (int)expected.SizeInBytes);
        Assert.True(bytes.SequenceEqual(new ReadOnlySpan<byte>(actual.Pointer, (int)actual.SizeInBytes)));
        Assert.Equal(SmallCheckpoint.ExactValues(5, 1), new ReadOnlySpan<float>(actual.Pointer, 5).ToArray());
    }

    [Fact]
    public void PieceSizes_AddUpToWhatIsRead()
    {
        using WeightFiles checkpoint = Open(_model.Source), pack = Open(_model.Destination);
        Assert.IsType<CheckpointDense>(checkpoint.Dense);
        Assert.IsType<PackedDense>(pack.Dense);
        Assert.Equal((5 * 4) + (3001 * 700 * 2) + (70 * 300 * 2) + (2 * 74 * 70 * 4), WeightLoader.SizeOf(checkpoint.Dense));
        Assert.Equal(5, checkpoint.Dense.NumPieces);
        Assert.Equal(PackedSmallModel.DenseBytes, WeightLoader.SizeOf(pack.Dense));
        Assert.Equal(PackedSmallModel.NumDensePieces, pack.Dense.NumPieces);
        Assert.Equal(4 << 20, pack.Dense.SizeOfPiece(0));
    }

    [Fact]
    public unsafe void FlippedBit_IsFoundWhenItsPieceIsRead()
    {
        byte[] good = File.ReadAllBytes(_model.DenseFile);
        int dataStart = good.Length - (int)PackedSmallModel.DenseBytes;
        Random random = new(3);
        for (int piece = 0; piece < PackedSmallModel.NumDensePieces; piece++)
        {
            byte[] file = (byte[])good.Clone();
            int first = piece * (4 << 20), end = Math.Min(first + (4 << 20), (int)PackedSmallModel.DenseBytes);
            file[dataStart + random.Next(first, end)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_model.DenseFile, file);
            using WeightFiles files = Open(_model.Destination);
            using NativeBuffer block = NewBlock();
            for (int other = 0; other < PackedSmallModel.NumDensePieces; other++)
            {
                if (other != piece)
                {
                    files.Dense.Read(other, block.Pointer, CancellationToken.None);
                }
            }

            string message = Assert.Throws<CheckpointException>(
                () => files.Dense.Read(piece, block.Pointer, CancellationToken.None)).Message;
            Assert.StartsWith($"{_model.DenseFile}: piece {piece} of the weights outside the experts has checksum", message);
            Assert.EndsWith("the file or the disk is damaged: run `moegen pack` again", message);
            Assert.Equal(message, Assert.Throws<CheckpointException>(Load).Message);
        }
    }

    public void Dispose() => _model.Dispose();

    private void Load() => WeightStore.Load(
        _model.Destination, _model.Info, _model.Declarations, new MoeOptions(), CancellationToken.None).Dispose();

    private WeightFiles Open(string folder) => WeightFiles.Open(folder, _model.Info, _model.Declarations);

    private static NativeBuffer NewBlock() => new(PackedSmallModel.DenseBytes, PackLayout.Alignment);

    private static unsafe void ReadAll(IDenseSource source, NativeBuffer block)
    {
        for (int piece = source.NumPieces - 1; piece >= 0; piece--)
        {
            source.Read(piece, block.Pointer, CancellationToken.None);
        }
    }
}

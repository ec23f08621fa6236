using MoeGen.Experts;
using MoeGen.Memory;
using MoeGen.Packs;
using MoeGen.Tests.Packs;
using MoeGen.Tests.Weights;
using MoeGen.Weights;

namespace MoeGen.Tests.Experts;

/// <summary>The same experts from a checkpoint and from a pack of it, piece by piece.</summary>
public sealed class ExpertSourceTests : IDisposable
{
    private const int Layer = SmallCheckpoint.SparseLayer;

    private readonly PackedSmallModel _model = new();

    public ExpertSourceTests()
    {
        _model.Pack();
    }

    [Fact]
    public unsafe void Pieces_MakeTheSameExperts_InAnyOrder()
    {
        using WeightFiles checkpoint = Open(_model.Source), pack = Open(_model.Destination);
        using NativeBuffer expected = NewSlot(), actual = NewSlot();
        for (int expert = 0; expert < PackedSmallModel.NumExperts; expert++)
        {
            for (int piece = checkpoint.Experts.NumPieces - 1; piece >= 0; piece--)
            {
                checkpoint.Experts.Read(Layer, expert, piece, expected.Pointer);
            }

            ReadAll(pack.Experts, expert, actual);
            pack.Experts.Verify(Layer, expert, actual.Pointer);
            Assert.True(Bytes(expected).SequenceEqual(Bytes(actual)), $"expert {expert}");
        }
    }

    [Fact]
    public void PieceSizes_AddUpToTheExpert()
    {
        using WeightFiles checkpoint = Open(_model.Source), pack = Open(_model.Destination);
        Assert.IsType<CheckpointExperts>(checkpoint.Experts);
        Assert.IsType<PackedExperts>(pack.Experts);
        Assert.Equal((1031 * 1024 * 2) + (48 * 70 * 2) + (5 * 4), checkpoint.Experts.SizeOfPieces(checkpoint.Experts.NumPieces));
        Assert.Equal(DirectFile.RoundUp(PackedSmallModel.ExpertBytes), pack.Experts.SizeOfPieces(pack.Experts.NumPieces));
        foreach (IExpertSource source in new[] { checkpoint.Experts, pack.Experts })
        {
            Assert.Equal(2, source.NumPieces);
            Assert.Equal(0, source.SizeOfPieces(0));
            Assert.InRange(source.SizeOfPieces(1), 1_000_000, 1_100_000);
        }
    }

    [Fact]
    public void Positions_FollowTheFile()
    {
        using WeightFiles checkpoint = Open(_model.Source), pack = Open(_model.Destination);
        foreach (IExpertSource source in new[] { checkpoint.Experts, pack.Experts })
        {
            long[] positions = [.. Enumerable.Range(0, PackedSmallModel.NumExperts).Select(expert => source.PositionOf(Layer, expert))];
            Assert.Equal(positions.Order(), positions);
            Assert.Equal(positions.Length, positions.Distinct().Count());
        }
    }

    [Fact]
    public unsafe void Checksum_IsComparedOnce()
    {
        using WeightFiles pack = Open(_model.Destination);
        using NativeBuffer slot = NewSlot();
        ReadAll(pack.Experts, 2, slot);
        slot.Pointer[77] ^= 1;
        Assert.Contains(
            "expert 2 of layer 1", Assert.Throws<CheckpointException>(() => pack.Experts.Verify(Layer, 2, slot.Pointer)).Message);
        slot.Pointer[77] ^= 1;
        pack.Experts.Verify(Layer, 2, slot.Pointer);
        slot.Pointer[77] ^= 1;
        pack.Experts.Verify(Layer, 2, slot.Pointer);
        Assert.Throws<CheckpointException>(() => pack.Experts.Verify(Layer, 3, slot.Pointer));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public unsafe void Reading_AllocatesNothing(bool isPacked)
    {
        using WeightFiles files = Open(isPacked ? _model.Destination : _model.Source);
        using NativeBuffer slot = NewSlot();
        ReadAll(files.Experts, 0, slot);
        long AllocatedInAll()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int expert = 1; expert < PackedSmallModel.NumExperts; expert++)
            {
                ReadAll(files.Experts, expert, slot);
                files.Experts.Verify(Layer, expert, slot.Pointer);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // a collection that another test causes in between may count what is left of the thread's block as allocated
        Assert.Contains(0, Enumerable.Range(0, 5).Select(_ => AllocatedInAll()));
    }

    [Fact]
    public void ExpertsOfAnotherPack_AreRefused()
    {
        ModelInfo other = _model.Info with { Fingerprint = "1111111111111111" };
        Assert.Contains(
            "is a pack of another model",
            Assert.Throws<CheckpointException>(() => WeightFiles.Open(_model.Destination, other, _model.Declarations)).Message);
    }

    public void Dispose() => _model.Dispose();

    private WeightFiles Open(string folder) => WeightFiles.Open(folder, _model.Info, _model.Declarations);

    private static NativeBuffer NewSlot() => new(DirectFile.RoundUp(PackedSmallModel.ExpertBytes), PackLayout.Alignment);

    private static unsafe ReadOnlySpan<byte> Bytes(NativeBuffer slot) => new(slot.Pointer, (int)slot.SizeInBytes);

    private static unsafe void ReadAll(IExpertSource source, int expert, NativeBuffer slot)
    {
        for (int piece = 0; piece < source.NumPieces; piece++)
        {
            source.Read(Layer, expert, piece, slot.Pointer);
        }
    }
}

using MoeGen.Experts.Twins;
using MoeGen.Memory;
using MoeGen.Models;
using MoeGen.Tests.Packs;
using MoeGen.Weights;

namespace MoeGen.Tests.Experts.Twins;

public sealed class TwinLayoutTests
{
    [Fact]
    public void Pieces_FollowEachOther_AndHoldTheExpertOnce()
    {
        // a panel of 1024 columns has 1024 bytes of scales and 8192 of codes, one of 48 has 64 and 512
        using PackedSmallModel model = new();
        TwinLayout layout = new(model.Declarations);
        Assert.Equal(64 + (65 * (1024 + 8192)) + (5 * (64 + 512)) + 128, layout.SizeInBytes);
        Assert.Single(layout.Pieces);
        Assert.Equal(
            [(0, 65, 1024), (PackedSmallModel.UpBytes, 5, 48), (PackedSmallModel.UpBytes + PackedSmallModel.DownBytes, 128, 0)],
            layout.Pieces[0].Runs.Select(run => (run.Offset, run.Count, run.Columns)));
    }

    [Fact]
    public void LargeExpert_HasPiecesOfAMiB_CutBetweenPanels()
    {
        TensorDeclaration[] declarations =
        [
            TensorDeclaration.Matrix("layers.{layer}.{expert}.up", 4096, 1024, WeightFormat.BF16).InExperts([0], 0),
            TensorDeclaration.Matrix("layers.{layer}.{expert}.down", 1024, 4096, WeightFormat.BF16).InExperts([0], 4096 * 1024 * 2),
        ];
        TwinLayout layout = new(declarations);
        Assert.Equal(5, layout.Pieces.Count);
        Assert.All(layout.Pieces, piece => Assert.InRange(piece.Length, 1, 64 + (1 << 20)));
        long offset = 0;
        foreach (TwinPiece piece in layout.Pieces)
        {
            Assert.Equal(offset, piece.Offset);
            Assert.Equal(64 + piece.Runs.Sum(run => run.TwinBytes), piece.Length);
            offset += piece.Length;
        }

        Assert.Equal(layout.SizeInBytes, offset);
        Assert.Equal(256, layout.Pieces.SelectMany(piece => piece.Runs).Where(run => run.Columns == 1024).Sum(run => run.Count));
        Assert.Equal(64, layout.Pieces.SelectMany(piece => piece.Runs).Where(run => run.Columns == 4096).Sum(run => run.Count));
        ModelInfo info = Demo.ModelInfo with { HiddenSize = 1024, ExpertBytes = 2L * 4096 * 1024 * 2 };
        Assert.InRange(TwinLayout.MaxPieceBytes(info), layout.Pieces.Max(piece => piece.Length), 64 + (1 << 20));
    }

    [Theory]
    [InlineData(16, 1)]
    [InlineData(16, 100)]
    [InlineData(192, 96)]
    [InlineData(64, 20000)]
    [InlineData(20000, 64)]
    [InlineData(4096, 14336)]
    public void MaxPieceBytes_IsEnough(int hidden, int intermediate)
    {
        TensorDeclaration up = TensorDeclaration.Matrix("up", intermediate, hidden, WeightFormat.BF16);
        TensorDeclaration down = TensorDeclaration.Matrix("down", hidden, intermediate, WeightFormat.BF16);
        long biasBytes = TensorDeclaration.Vector("up_bias", intermediate).SizeInBytes;
        TensorDeclaration[] declarations =
        [
            up.InExperts([0], 0),
            TensorDeclaration.Vector("up_bias", intermediate).InExperts([0], up.SizeInBytes),
            down.InExperts([0], up.SizeInBytes + biasBytes),
            TensorDeclaration.Vector("down_bias", hidden).InExperts([0], up.SizeInBytes + biasBytes + down.SizeInBytes),
        ];
        long expertBytes = declarations.Sum(declaration => declaration.SizeInBytes);
        ModelInfo info = Demo.ModelInfo with { HiddenSize = hidden, ExpertBytes = expertBytes };
        int largest = new TwinLayout(declarations).Pieces.Max(piece => piece.Length);
        Assert.True(largest <= TwinLayout.MaxPieceBytes(info), $"{largest} of {TwinLayout.MaxPieceBytes(info)} bytes");
    }

    [Fact]
    public unsafe void DamagedPiece_IsFound_AndLeavesTheSlotAlone()
    {
        TwinLayout layout = new([TensorDeclaration.Matrix("m", 20, 40, WeightFormat.F32).InExperts([0], 0)]);
        using NativeBuffer blob = new(MatrixLayout.SizeInBytes(20, 40, WeightFormat.F32));
        using NativeBuffer twin = new(layout.SizeInBytes), slot = new(blob.SizeInBytes);
        Assert.True(layout.TryMake(blob.Pointer, twin.Pointer, out _));
        new Span<byte>(slot.Pointer, (int)slot.SizeInBytes).Fill(7);
        Random random = new(3);
        for (int i = 0; i < 50; i++)
        {
            // the checksum has 8 bytes, the data begins at 64; nothing reads what is between
            int at = random.Next(8) < 1 ? random.Next(8) : random.Next(64, (int)layout.SizeInBytes);
            twin.Pointer[at] ^= 4;
            Assert.False(layout.TryExpand(0, twin.Pointer, slot.Pointer, out ulong found, out ulong expected));
            Assert.NotEqual(found, expected);
            Assert.Equal(-1, new ReadOnlySpan<byte>(slot.Pointer, (int)slot.SizeInBytes).IndexOfAnyExcept((byte)7));
            twin.Pointer[at] ^= 4;
        }

        Assert.True(layout.TryExpand(0, twin.Pointer, slot.Pointer, out _, out _));
        Assert.Equal(-1, new ReadOnlySpan<float>(slot.Pointer, (int)slot.SizeInBytes / 4).IndexOfAnyExcept(0f));
    }

    [Fact]
    public unsafe void ValueBeyondQ4_IsTold()
    {
        TwinLayout layout = new([TensorDeclaration.Matrix("m", 2, 3, WeightFormat.F32).InExperts([0], 0)]);
        using NativeBuffer blob = new(MatrixLayout.SizeInBytes(2, 3, WeightFormat.F32)), twin = new(layout.SizeInBytes);
        ((float*)blob.Pointer)[17] = TwinLayout.MaxMagnitude; // row 1, column 1
        Assert.True(layout.TryMake(blob.Pointer, twin.Pointer, out _));
        ((float*)blob.Pointer)[17] = -600_000;
        Assert.False(layout.TryMake(blob.Pointer, twin.Pointer, out float excess));
        Assert.Equal(-600_000, excess);
    }
}

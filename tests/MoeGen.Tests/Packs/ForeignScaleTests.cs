using MoeGen.Kernels;
using MoeGen.Packs;
using MoeGen.Tests.Weights;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Packs;

/// <summary>
/// Scales that no quantiser of ours writes, in a pack whose checksums are right: another tool has made it, and it is read as it is. What a
/// scale that is not finite does to a product is said by the tests of <c>QuantizedMatMul</c>.
/// </summary>
public sealed class ForeignScaleTests
{
    private const int Expert = 2;
    private const int Row = 3;
    private const int Block = 1;

    [Theory]
    [InlineData(WeightFormat.Q8)]
    [InlineData(WeightFormat.Q4)]
    public void AnyScale_IsReadAsItIs(WeightFormat format)
    {
        using DamagedPack pack = new(PackLayout.FileName, format);
        float[] before = Values(pack);
        foreach (float scale in new[] { float.PositiveInfinity, float.NegativeInfinity, float.NaN, -0.5f, 0 })
        {
            float packed = WriteScale(pack, scale);
            pack.Model.Verify();
            float[] after = Values(pack);
            for (int column = 0; column < after.Length; column++)
            {
                bool isOfBlock = column / QuantizedLayout.BlockSize == Block;
                Assert.Equal(isOfBlock ? before[column] / packed * scale : before[column], after[column]);
            }
        }
    }

    // replaces the scale of a block in the first matrix of an expert, and the checksum; what was packed
    private static float WriteScale(DamagedPack pack, float scale)
    {
        byte[] file = pack.Good.ToArray();
        int blobBytes = (int)DirectFile.RoundUp(pack.Model.Info.ExpertBytes);
        Span<byte> blob = file.AsSpan(pack.DataStart + (Expert * blobBytes), blobBytes);
        string checksum = $"{XxHash64.Of(blob):x16}";
        Span<byte> place = blob[(((Block * MatrixLayout.PanelRows) + Row) * sizeof(ushort))..];
        float packed = (float)BitConverter.ToHalf(place);
        Assert.True(BitConverter.TryWriteBytes(place, (Half)scale));
        pack.Write(file);
        pack.Replace(checksum, $"{XxHash64.Of(blob):x16}");
        return packed;
    }

    private static float[] Values(DamagedPack pack) =>
        pack.Model.Info.WeightFormat == WeightFormat.Q8 ? Values<Q8>(pack) : Values<Q4>(pack);

    // the row of the expert
    private static float[] Values<TFormat>(DamagedPack pack)
        where TFormat : struct, IWeightFormat
    {
        PackedSmallModel model = pack.Model;
        using WeightStore store =
            WeightStore.Load(model.Destination, model.Info, model.Declarations, new MoeOptions { Threads = 1 }, CancellationToken.None);
        float[] values = new float[UpShape.Columns];
        store.Slot(SmallCheckpoint.SparseLayer, Expert).Matrix<UpShape, TFormat>(0).CopyRow(Row, values);
        return values;
    }

    private readonly struct UpShape : IMatrixShape
    {
        public static int Rows => 1031;

        public static int Columns => 1024;
    }
}

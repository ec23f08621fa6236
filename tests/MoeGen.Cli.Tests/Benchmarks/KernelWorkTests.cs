using MoeGen.Benchmarks.Attending;
using MoeGen.Benchmarks.Rooflines;
using MoeGen.Engine;
using MoeGen.Kernels;
using MoeGen.Weights;

namespace MoeGen.Cli.Tests.Benchmarks;

/// <summary>Bytes and operations, counted by hand.</summary>
public class KernelWorkTests
{
    [Fact]
    public void Product_ReadsItsWeightsOnce()
    {
        // 2048 x 2048 weights of 2 bytes; 2048 inputs and 2048 outputs of 4
        Assert.Equal(new KernelWork(8388608 + 8192 + 8192, 2.0 * 2048 * 2048), KernelWork.OfProduct<ProjectionShape, Bf16>(1));
        Assert.Equal(
            new KernelWork(8388608 + (128.0 * (8192 + 8192)), 2.0 * 128 * 2048 * 2048), KernelWork.OfProduct<ProjectionShape, Bf16>(128));
    }

    [Fact]
    public void QuantizedProduct_ReadsCodesAndScales()
    {
        // 1024 rows of 64 blocks: 16 bytes of codes and a scale of 2; an input of 64 blocks: 32 bytes of codes, a scale and an offset of 4
        KernelWork q4 = KernelWork.OfProduct<ExpertUpShape, Q4>(8);
        Assert.Equal(new KernelWork((1024 * 64 * 18) + (8 * ((64 * 40) + 4096)), 2.0 * 8 * 1024 * 2048), q4);

        // 32 bytes of codes and a scale of 2; inputs of 16 bits with a scale of 4
        KernelWork q8 = KernelWork.OfProduct<ExpertUpShape, Q8>(1);
        Assert.Equal(new KernelWork((1024 * 64 * 34) + (64 * 68) + 4096, 2.0 * 1024 * 2048), q8);
    }

    [Fact]
    public void Experts_AreReadAsOftenAsTheyAreChosen()
    {
        // of 8 experts three matrices of 2048 x 1024 in 2 bytes; a row in, a row of the residual stream read and written
        KernelWork work = KernelWork.OfExperts<Bf16>(1, 8);
        Assert.Equal(new KernelWork((8 * 3 * 2048 * 1024 * 2) + (3 * 8192), 2.0 * 8 * 3 * 2048 * 1024), work);
        Assert.Equal(1, work.Intensity, 1e-3);
    }

    [Fact]
    public void Attention_ReadsWhatIsSeen()
    {
        KvCacheLayout layout = new(1, 16, 128, 128, 4096);

        // 4096 keys and values of 16 heads of 128 floats; the query and the output of a token
        Assert.Equal(
            new KernelWork((4096.0 * 16 * 2 * 512) + (2 * 8192), 2.0 * 4096 * 16 * 256),
            KernelWork.OfAttention<OlmoeShape>(4095, 1, layout));

        // three tokens see 1 + 2 + 3 positions; of Q8, 128 bytes and four scales of 4
        Assert.Equal(
            new KernelWork((3.0 * 16 * 2 * 144) + (3 * 2 * 8192), 2.0 * 6 * 16 * 256),
            KernelWork.OfAttention<OlmoeShape>(0, 3, layout with { Format = KeyValueFormat.Q8 }));
    }

    [Fact]
    public void Rows_AreCountedOnceEachWay()
    {
        // two rows in and out and the weights; as Q4 meets them, 64 blocks of 40 bytes more a row
        Assert.Equal(new KernelWork(5 * 8192, 4 * 2 * 2048), KernelWork.OfNorm(2048, 2, WeightFormat.BF16));
        Assert.Equal(new KernelWork((5 * 8192) + (2 * 2560), 4 * 2 * 2048), KernelWork.OfNorm(2048, 2, WeightFormat.Q4));

        // 4 multiplications and 2 additions for each of 2048 pairs; 64 cosines and sines
        Assert.Equal(new KernelWork((2 * 4096 * 4) + 512, 6 * 2048), KernelWork.OfRotation(4096, 128, 1));
        Assert.Equal(new KernelWork((64 * 4) + (8 * 8), 3 * 64), KernelWork.OfChoice(64, 8, 1));
        Assert.Equal(new KernelWork(3 * 4096 * 8, 4 * 1024 * 8), KernelWork.OfActivation(1024, 8));
    }

    [Fact]
    public void Choices_AreTopKForAToken()
    {
        using RandomChoices one = new(1), many = new(512);
        Assert.Equal(8, one.MeanExperts);
        Assert.Equal(64, many.MeanExperts);
    }
}

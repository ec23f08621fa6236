using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;

namespace MoeGen.Generator.Tests.Spec;

public class SpecSizesTests
{
    [Fact]
    public void Mixtral_ByHand()
    {
        // hidden 32, 4 heads of 8 over 2, 8 experts of 48, 3 layers, vocabulary 96, bf16; vectors in f32; every width is a
        // multiple of 32 but 48, filled up to 64, and every number of rows one of 16 but the router's 8, filled up to 16
        SpecSizes sizes = new(ModelSpecReader.Read(Configs.Mixtral).Spec!);
        const int Layer = 32 + 32 + (32 * 32) + (16 * 32) + (16 * 32) + (32 * 32) + (8 * 32);
        Assert.Equal(3 * 32 * 48, sizes.Expert.Parameters);
        Assert.Equal(2 * ((2 * 48 * 32) + (32 * 64)), sizes.Expert.Bytes);
        Assert.Equal((2 * 96 * 32) + 32 + (3 * Layer), sizes.Dense.Parameters);
        Assert.Equal((2 * 2 * 96 * 32) + (4 * 32) + (3 * ((2 * (Layer - 64 + (8 * 32))) + (4 * 64))), sizes.Dense.Bytes);
        Assert.Equal(sizes.Dense.Bytes - (2 * 96 * 32), sizes.DenseBytesPerStep); // of the embedding a row
        Assert.Equal(sizes.Dense.Parameters + (3 * 8 * sizes.Expert.Parameters), sizes.TotalParameters);
        Assert.Equal(sizes.Dense.Parameters + (3 * 2 * sizes.Expert.Parameters), sizes.ActiveParameters);
        Assert.Equal(3 * 2 * 16 * 4, sizes.KeyValueBytesPerToken);
    }

    [Fact]
    public void ATiedEmbedding_IsReadInEveryStep()
    {
        ModelSpec spec = ModelSpecReader.Read(Configs.Mixtral).Spec!;
        SpecSizes tied = new(spec with { TieWordEmbeddings = true });
        Assert.Equal(tied.Dense.Bytes, tied.DenseBytesPerStep);
        Assert.Equal(new SpecSizes(spec).DenseBytesPerStep, tied.DenseBytesPerStep);
    }

    [Fact]
    public void AStep_ReadsNothingOfTheEncoder()
    {
        ModelSpec spec = ModelSpecReader.Read(Configs.Switch).Spec!; // tied
        Assert.Equal(new SpecSizes(spec with { Encoder = null }).Dense.Bytes, new SpecSizes(spec).DenseBytesPerStep);
    }
}

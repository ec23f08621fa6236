using MoeGen.Generator.Emit;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Generator.Tests;

/// <summary>What the code of a model with an encoder looks like.</summary>
public class EncoderSnapshotTests
{
    [Fact]
    public void Switch_HasTwoStacks()
    {
        ModelSpec spec = ModelSpecReader.Read(Configs.Switch).Spec!;
        IReadOnlyList<GeneratedFile> files = ModelEmitter.Emit(new ModelDeclaration(new ModelName("Switch", "Sample"), spec));
        Snapshot.Verify(nameof(EncoderSnapshotTests), nameof(Switch_HasTwoStacks), files.Select(file => (file.HintName, file.Text)));
    }

    [Fact]
    public void StackWithoutExperts_HasNoClassesForThem()
    {
        string config = Configs.With(Configs.Switch, ("encoder_sparse_step", 0), ("num_sparse_decoder_layers", 4));
        ModelSpec spec = ModelSpecReader.Read(config).Spec!;
        ModelDeclaration model = new(new ModelName("Switch", "Sample"), spec);
        string all = string.Concat(ModelEmitter.Emit(model).Select(file => file.Text));
        Assert.DoesNotContain("EncoderSparse", all);
        Assert.DoesNotContain("EncoderRouter", all);
        Assert.DoesNotContain("s_sparseEncoderLayers", all);
        Assert.DoesNotContain("DenseDecoder", all);
        Assert.Contains("private readonly DenseEncoderLayer[] _layers; // [4]", all);
        Assert.Contains("private readonly SparseDecoderLayer[] _layers; // [4]", all);
    }
}

using MoeGen.Benchmarks.Rooflines;
using MoeGen.Cli.Models;
using MoeGen.Engine;
using MoeGen.Generator.Emit;
using MoeGen.Generator.Spec;
using MoeGen.Kernels;
using Demo = MoeGen.Generated.Demo;

namespace MoeGen.Cli.Tests.Benchmarks;

/// <summary>Twins without constants do the same work: all they compute has the same bits.</summary>
public class TwinModelsTests
{
    [Fact]
    public void Constants_BecomeFieldsInTheFileOfShapes()
    {
        GeneratedFile shapes = TwinModels.WithFields(new GeneratedFile("Demo.Kernels.g.cs", "    public static int Rows => 96;\n"));
        Assert.Equal("    public static int Rows { get; set; } = 96;\n", shapes.Text);
        GeneratedFile other = new("Demo.Pass.g.cs", "int Rows => 96;");
        Assert.Equal(other, TwinModels.WithFields(other));
    }

    [Fact]
    public void Model_WritesTheSameTokens()
    {
        ModelFolder folder = ModelFolder.Find(ModelFolder.DemoName);
        ModelSpec spec = folder.ReadSpec(CliStreams.FromConsole());
        int changed = 0;
        ModelFactory factory = ModelCompiler.CompileChanged(spec, file =>
        {
            GeneratedFile twin = TwinModels.WithFields(file);
            changed += twin == file ? 0 : 1;
            return twin;
        });
        Assert.Equal(1, changed);
        Assert.Equal(Generate(BuiltInModel.Find(factory.Info.Fingerprint)!, folder), Generate(factory, folder));
    }

    [Fact]
    public unsafe void Product_HasTheSameBits()
    {
        AtRunTime<Demo.ExpertUpShape>.Set();
        using WeightMemory weights = new(1 << 20);
        using TokenRows x = new(5, Demo.ExpertUpShape.Columns), constant = new(5, Demo.ExpertUpShape.Rows);
        using TokenRows runTime = new(5, Demo.ExpertUpShape.Rows);
        Action<Worker, int> ours = ProductCase.Multiply<Demo.ExpertUpShape, Bf16>(weights.Range, x.Rows, constant.Rows, 5);
        Action<Worker, int> twin = ProductCase.Multiply<AtRunTime<Demo.ExpertUpShape>, Bf16>(weights.Range, x.Rows, runTime.Rows, 5);
        using WorkerTeam team = new(1);
        team.Run(worker => ours(worker, 3));
        team.Run(worker => twin(worker, 3));
        for (int token = 0; token < 5; token++)
        {
            Assert.Equal(constant.Rows[token].ToArray(), runTime.Rows[token].ToArray());
            Assert.All(constant.Rows[token].ToArray(), value => Assert.True(float.IsFinite(value)));
        }
    }

    private static int[] Generate(ModelFactory factory, ModelFolder folder)
    {
        using MoeModel model = factory.Load(folder.Path, new MoeOptions { Threads = 1 }, CancellationToken.None);
        using TextGeneration text = model.Generate([1, 2, 3], SamplingOptions.Greedy with { MaxTokens = 12, IgnoreEos = true });
        List<int> tokens = [];
        while (text.MoveNext())
        {
            tokens.Add(text.Token);
        }

        return [.. tokens];
    }
}

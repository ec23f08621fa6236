using Microsoft.CodeAnalysis;
using MoeGen.Generator.Tests.Testing;
using MoeGen.Testing;
using WeightFormat = MoeGen.Weights.WeightFormat;

namespace MoeGen.Generator.Tests;

/// <summary>Generated code compiles without a warning and computes what the formulas say.</summary>
public class CompileAndRunTests
{
    // float32 against float64; the reference cases ask for 2e-4
    private const double Tolerance = 2e-5;
    private const int SeedsPerFamily = 5;

    public static TheoryData<string, int> RandomSpecs
    {
        get
        {
            TheoryData<string, int> specs = [];
            foreach (string family in RandomConfigs.Families)
            {
                for (int seed = 1; seed <= SeedsPerFamily; seed++)
                {
                    specs.Add(family, seed);
                }
            }

            return specs;
        }
    }

    [Theory]
    [MemberData(nameof(RandomSpecs))]
    public void RandomSpec_ComputesWhatTheReferenceComputes(string family, int seed)
    {
        WeightFormat stored = (WeightFormat)(seed % 3);
        using RandomModel model = new(family, seed, stored.ToString());
        ReferenceResult reference = model.Reference;

        int chunk = 1 + model.Random.Next(model.Tokens.Length);
        MoeOptions options = new() { Threads = 1 + (seed % 3) };
        ChosenExpertsLog routes = new();
        float[][] logits = model.Run(options, chunk, routes);
        double[] largest = [.. reference.Logits.Select(row => Math.Max(1, row.Max(Math.Abs)))];
        for (int t = 0; t < model.Tokens.Length; t++)
        {
            for (int v = 0; v < model.Spec.VocabSize; v++)
            {
                double difference = Math.Abs(logits[t][v] - reference.Logits[t][v]);
                Assert.True(difference <= Tolerance * largest[t], $"token {t}, logit {v}: off by {difference}; {model.Config}");
            }
        }

        Assert.Equal(reference.Experts, routes.ByLayer([.. model.Spec.AllSparseLayers]));

        // with few of its experts in memory the model gives the same bits
        Assert.True(Offloading.TryParse(Offloading.ExactNames[seed % Offloading.ExactNames.Count], out Offloading? offloading));
        MoeOptions few = options with { ExpertSlots = 2 + model.Random.Next(4), Offloading = offloading };
        Assert.Equal(logits, model.Run(few, chunk));

        // where few experts compete, all that it takes is them; where all do, the model is the exact one
        MoeOptions swapping = options with { Offloading = Offloading.SwapMoE() };
        Assert.Equal(logits, model.Run(swapping, chunk));
        MoeOptions least = swapping with { ExpertSlots = model.Spec.AllSparseLayers.Count() + 1 + model.Random.Next(3) };
        float[][] masked = model.Run(least, chunk);
        Assert.Equal(logits.Length, masked.Length);
        Assert.All(masked, row => Assert.All(row, logit => Assert.True(float.IsFinite(logit))));
    }

    public static TheoryData<string> PublishedConfigs => [.. RepositoryFiles.FolderNames(Path.Combine(RepositoryFiles.Root, "models"))];

    public static TheoryData<string> SharedConfigs =>
        [.. RepositoryFiles.FolderNames(Path.Combine(RepositoryFiles.Shared, "configs")).DefaultIfEmpty("Qwen3-30B-A3B")];

    [Theory]
    [MemberData(nameof(PublishedConfigs))]
    public void PublishedConfig_CompilesWithoutAWarning(string name) =>
        AssertCompiles(Path.Combine(RepositoryFiles.Root, "models", name, "config.json"));

    [Theory]
    [MemberData(nameof(SharedConfigs))]
    public void SharedConfig_CompilesWithoutAWarning(string name) =>
        AssertCompiles(Path.Combine(RepositoryFiles.RequireShared($"configs/{name}"), "config.json"));

    // a model in Q4 holds matrices in three formats
    [Theory]
    [MemberData(nameof(PublishedConfigs))]
    public void PublishedConfig_CompilesWithItsGpuHalf(string name)
    {
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "models", name, "config.json"));
        GeneratorHost host = GeneratorHost.RunWithGpu(new TestItem(config, WeightFormat: "Q4"));
        Assert.Empty(host.CompilerDiagnostics());
        Assert.NotNull(host.Compilation.GetTypeByMetadataName("MoeGen.Generated.Tiny.Gpu.VocabMatrix"));
    }

    [Fact]
    public void PublicSurface_IsTypedAndDocumented()
    {
        const string User = """
            using MoeGen;
            using Sample;

            internal static class User
            {
                public static long Use(Tiny model)
                {
                    float[] row = new float[Tiny.HiddenSize];
                    model.Layers[2].Experts[15].GateProj.CopyRow(0, row);
                    return Tiny.Expert.SizeInBytes + Tiny.NumExperts + model.Layers.Count + (long)row[0];
                }

                public static Tiny Load() => Tiny.Load("weights/", new MoeOptions { MemoryBudget = ByteSize.GiB(3) });
            }
            """;
        GeneratorHost host = GeneratorHost.Run(User, hasRuntime: true, new TestItem(Configs.Qwen3Moe));
        Assert.Empty(host.CompilerDiagnostics());
        INamedTypeSymbol model = host.Compilation.GetTypeByMetadataName("Sample.Tiny")!;
        Assert.Contains("3 layers", model.GetDocumentationCommentXml());
        IEnumerable<ISymbol> visible = model.GetMembers()
            .Where(member => member is { DeclaredAccessibility: Accessibility.Public, IsImplicitlyDeclared: false, Kind: not SymbolKind.Method });
        Assert.All(visible, member => Assert.False(string.IsNullOrEmpty(member.GetDocumentationCommentXml()), member.Name));
    }

    [Fact]
    public void UserTypesWithTheNamesOfTheLibrary_AreNoObstacle()
    {
        const string User = """
            namespace Sample
            {
                class Matrix; class Worker; class Expert; class Rope; class Pass; class Bf16;
                class Layer; class Router; class System; class MoeGen;
            }
            """;
        GeneratorHost host = GeneratorHost.Run(User, hasRuntime: true, new TestItem(Configs.Qwen3Moe));
        Assert.Empty(host.CompilerDiagnostics());
    }

    [Fact]
    public void GlobalNamespaceAndTwoModels_Compile()
    {
        GeneratorHost host = GeneratorHost.Run(
            new TestItem(Configs.Qwen3Moe, Namespace: "A.B"),
            new TestItem(Configs.Mixtral, Name: "Other", WeightFormat: "F32", Path: "/models/other/config.json"));
        Assert.Empty(host.CompilerDiagnostics());
        Assert.NotNull(host.Compilation.GetTypeByMetadataName("A.B.Tiny"));
        Assert.NotNull(host.Compilation.GetTypeByMetadataName("Sample.Other"));
    }

    private static void AssertCompiles(string config)
    {
        GeneratorHost host = GeneratorHost.Run(new TestItem(File.ReadAllText(config)));
        Assert.Empty(host.Diagnostics);
        Assert.Empty(host.CompilerDiagnostics());
        Assert.NotEmpty(host.Result.GeneratedSources);
    }
}

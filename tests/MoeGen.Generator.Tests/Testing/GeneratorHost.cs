using System.Collections.Immutable;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace MoeGen.Generator.Tests.Testing;

/// <summary>A <c>MoeModel</c> item as the build hands it to the compiler.</summary>
internal sealed record TestItem(
    string Config, string Name = "Tiny", string WeightFormat = "", string Namespace = "", string Path = "/models/tiny/config.json");

/// <summary>Runs the generator inside a compilation, the way the compiler does.</summary>
internal sealed class GeneratorHost
{
    public const string RootNamespace = "Sample";

    private static readonly CSharpParseOptions s_parse = new(LanguageVersion.CSharp13, DocumentationMode.Diagnose);

    // our declaration of ILGPU's types lies beside the tests, and the GPU half of the runtime compiled against it
    private static readonly ILookup<bool, MetadataReference> s_references =
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).ToLookup(
            path => Path.GetFileName(path) is "ILGPU.dll" or "MoeGen.Gpu.dll", path => (MetadataReference)MetadataReference.CreateFromFile(path));

    private GeneratorHost(CSharpCompilation compilation, GeneratorDriver driver, ImmutableArray<Diagnostic> diagnostics)
    {
        Compilation = compilation;
        Driver = driver;
        Diagnostics = diagnostics;
    }

    /// <summary>The user's code with what was generated.</summary>
    public CSharpCompilation Compilation { get; }

    /// <summary>What the generator reported.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }

    public GeneratorDriver Driver { get; }

    public GeneratorRunResult Result => Driver.GetRunResult().Results.Single();

    /// <summary>Runs the generator on some items.</summary>
    public static GeneratorHost Run(params TestItem[] items) => Run("", true, items);

    /// <summary>Runs the generator on some items beside user code, with or without a reference to the runtime.</summary>
    public static GeneratorHost Run(string userCode, bool hasRuntime, params TestItem[] items)
    {
        string runtime = typeof(MoeModel).Assembly.Location;
        return Run([userCode], s_references[false].Where(reference => hasRuntime || reference.Display != runtime), items);
    }

    /// <summary>Runs the generator on some items beside ILGPU and the GPU half of the runtime.</summary>
    public static GeneratorHost RunWithGpu(params TestItem[] items) => Run([], s_references[false].Concat(s_references[true]), items);

    private static GeneratorHost Run(IEnumerable<string> sources, IEnumerable<MetadataReference> references, TestItem[] items)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Sample" + Guid.NewGuid().ToString("N"),
            sources.Select(source => CSharpSyntaxTree.ParseText(source, s_parse)),
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new MoeModelGenerator().AsSourceGenerator()],
            items.Select(item => (AdditionalText)new TestFile(item.Path, item.Config)),
            s_parse,
            new TestOptions(items),
            new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        return Run(compilation, driver);
    }

    /// <summary>Runs again with other user code.</summary>
    public GeneratorHost WithUserCode(string userCode) =>
        Run(Compilation.RemoveAllSyntaxTrees().AddSyntaxTrees(CSharpSyntaxTree.ParseText(userCode, s_parse)), Driver);

    /// <summary>Runs again with another text of the config.</summary>
    public GeneratorHost WithConfig(TestItem old, string config) =>
        Run(
            Compilation.RemoveSyntaxTrees(Compilation.SyntaxTrees.Where(tree => tree.FilePath.EndsWith(".g.cs", StringComparison.Ordinal))),
            Driver.ReplaceAdditionalTexts([new TestFile(old.Path, config)]));

    /// <summary>Everything that compiling reports, hidden hints left out.</summary>
    public IEnumerable<Diagnostic> CompilerDiagnostics() =>
        Compilation.GetDiagnostics(TestContext.Current.CancellationToken).Where(
            diagnostic => diagnostic.Severity != DiagnosticSeverity.Hidden);

    /// <summary>The generated class, loaded.</summary>
    public Type Load(string name = "Tiny")
    {
        using MemoryStream image = new();
        Microsoft.CodeAnalysis.Emit.EmitResult result = Compilation.Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        image.Position = 0;
        return new AssemblyLoadContext(null).LoadFromStream(image).GetType($"{RootNamespace}.{name}")!;
    }

    /// <summary>The generated class with weights, through its public method.</summary>
    public MoeModel LoadModel(string folder, MoeOptions? options = null)
    {
        System.Reflection.MethodInfo load = Load().GetMethod("Load", [typeof(string), typeof(MoeOptions), typeof(CancellationToken)])!;
        return load.CreateDelegate<Func<string, MoeOptions?, CancellationToken, MoeModel>>()(folder, options, CancellationToken.None);
    }

    private static GeneratorHost Run(CSharpCompilation compilation, GeneratorDriver driver)
    {
        driver = driver.RunGeneratorsAndUpdateCompilation(
            compilation, out Compilation output, out ImmutableArray<Diagnostic> diagnostics, TestContext.Current.CancellationToken);
        return new GeneratorHost((CSharpCompilation)output, driver, diagnostics);
    }

    private sealed class TestFile(string path, string text) : AdditionalText
    {
        public override string Path { get; } = path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }

    private sealed class TestOptions(TestItem[] items) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(
            new() { ["build_property.RootNamespace"] = RootNamespace });

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Values([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText file)
        {
            TestItem? item = items.FirstOrDefault(item => item.Path == file.Path);
            const string Prefix = "build_metadata.AdditionalFiles.MoeModel";
            return new Values(item is null ? [] : new()
            {
                [Prefix] = "true",
                [Prefix + "Name"] = item.Name,
                [Prefix + "WeightFormat"] = item.WeightFormat,
                [Prefix + "Namespace"] = item.Namespace,
            });
        }

        private sealed class Values(Dictionary<string, string> values) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) =>
                values.TryGetValue(key, out value);
        }
    }
}

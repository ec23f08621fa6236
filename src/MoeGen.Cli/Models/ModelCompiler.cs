using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using MoeGen.Generator.Emit;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Models;

/// <summary>
/// Compiles the code of a model that the tool has not seen at build time, with the same generator, and keeps the assembly under the
/// fingerprint of its spec.
/// </summary>
internal static class ModelCompiler
{
    private const string GeneratedNamespace = "MoeGen.Compiled";

    // everything that generated code names: its own runtime, and a little of the framework's
    private static readonly string[] s_references =
        ["System.Runtime.dll", "System.Private.CoreLib.dll", "System.Collections.dll", "System.Linq.dll"];

    /// <summary>The generated class of a spec: from the cache, or compiled now.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="note">Hears in a few words what takes long, or what could not be kept.</param>
    /// <param name="hasGpuHalf">With code for a GPU; the backend is there.</param>
    public static ModelFactory GetOrCompile(ModelSpec spec, Action<string> note, bool hasGpuHalf = false)
    {
        string className = ClassName(spec);
        string path = AssemblyCache.PathOf(SpecFingerprint.Of(spec) + (hasGpuHalf ? $"-{GpuBackend.Version}" : ""));
        if (AssemblyCache.TryLoad(path) is { } cached && TryCreateFactory(cached, className, CodeOrigin.Cached) is { } factory)
        {
            return factory;
        }

        note($"compiling the code of this {spec.ModelType} model, once");
        byte[] image = Compile(Emit(spec, hasGpuHalf), Path.GetFileNameWithoutExtension(path), hasGpuHalf ? GpuBackend.Assemblies : []);
        Assembly assembly = AssemblyCache.Store(path, image, note);
        return TryCreateFactory(assembly, className, CodeOrigin.Compiled)
            ?? throw new InvalidOperationException($"The compiled assembly has no class {className}.");
    }

    /// <summary>The generated class of a spec, compiled now from files that somebody has changed; nothing is kept.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="change">Makes of a generated file what is compiled.</param>
    public static ModelFactory CompileChanged(ModelSpec spec, Func<GeneratedFile, GeneratedFile> change)
    {
        string className = ClassName(spec);
        Assembly assembly = Assembly.Load(Compile(Emit(spec).Select(change), $"{className}-changed", []));
        return TryCreateFactory(assembly, className, CodeOrigin.Compiled)
            ?? throw new InvalidOperationException($"The compiled assembly has no class {className}.");
    }

    private static IReadOnlyList<GeneratedFile> Emit(ModelSpec spec, bool hasGpuHalf = false) =>
        ModelEmitter.Emit(new ModelDeclaration(new ModelName(ClassName(spec), GeneratedNamespace), spec) { HasGpuHalf = hasGpuHalf });

    private static byte[] Compile(IEnumerable<GeneratedFile> files, string assemblyName, IEnumerable<string> moreReferences)
    {
        CSharpParseOptions parse = new(LanguageVersion.CSharp13);
        SyntaxTree[] trees = [.. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, parse, file.HintName, Encoding.UTF8))];
        CSharpCompilation compilation = CSharpCompilation.Create(
            assemblyName, trees, References(moreReferences),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, deterministic: true));
        using MemoryStream image = new();
        EmitResult result = compilation.Emit(image);
        if (!result.Success)
        {
            // generated code that does not compile is a bug of the generator, not of the user's model
            Diagnostic error = result.Diagnostics.First(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
            throw new InvalidOperationException($"The generated code does not compile: {error}");
        }

        return image.ToArray();
    }

    private static IEnumerable<MetadataReference> References(IEnumerable<string> more)
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        return s_references
            .Select(name => Path.Combine(framework, name))
            .Append(typeof(MoeModel).Assembly.Location)
            .Concat(more)
            .Select(path => MetadataReference.CreateFromFile(path));
    }

    // null: the assembly is not what its name says, so it is compiled anew
    private static ModelFactory? TryCreateFactory(Assembly assembly, string className, CodeOrigin origin)
    {
        Type? type = assembly.GetType($"{GeneratedNamespace}.{className}");
        ModelInfo? info = type?.GetProperty("ModelInfo")?.GetValue(null) as ModelInfo;
        MethodInfo? load = type?.GetMethod("Load", [typeof(string), typeof(MoeOptions), typeof(CancellationToken)]);
        return info is null || load is null ? null : new ModelFactory(info, load.CreateDelegate<LoadModel>(), origin);
    }

    // qwen3_moe -> Qwen3Moe
    private static string ClassName(ModelSpec spec) =>
        string.Concat(spec.ModelType.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}

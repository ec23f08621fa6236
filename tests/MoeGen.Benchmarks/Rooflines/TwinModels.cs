using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MoeGen.Cli;
using MoeGen.Cli.Commands;
using MoeGen.Cli.Models;
using MoeGen.Generator.Emit;
using MoeGen.Generator.Spec;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>
/// The demo model beside itself with shapes that are static fields: the same generated code, but for one file, the same weights and the
/// same prompts, on one thread.
/// </summary>
internal static partial class TwinModels
{
    private const int PromptTokens = 128;
    private const int Tokens = 64;
    private const int Runs = 40;
    private const int WarmUpRuns = 20; // the runtime compiles again, in the background, what has run often

    /// <summary>Times a decoded token and a token of a prompt.</summary>
    /// <param name="format">Format of the matrices.</param>
    /// <param name="cancellationToken">Stops before the next run.</param>
    public static IReadOnlyList<TwinResult> Measure(Weights.WeightFormat format, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine($"demo model in {format}, with and without constants");
        ModelFolder folder = ModelFolder.Find(ModelFolder.DemoName);
        ModelSpec spec = folder.ReadSpec(CliStreams.FromConsole(), Enum.Parse<WeightFormat>(format.ToString()));
        using MoeModel constant = Load(folder, spec, file => file, cancellationToken);
        using MoeModel runTime = Load(folder, spec, WithFields, cancellationToken);
        Benchmark constantBenchmark = Of(constant), runTimeBenchmark = Of(runTime);
        for (int run = 0; run < WarmUpRuns + Runs; run++)
        {
            (Benchmark first, Benchmark second) =
                run % 2 == 0 ? (constantBenchmark, runTimeBenchmark) : (runTimeBenchmark, constantBenchmark);
            first.Run(run, run < WarmUpRuns, cancellationToken);
            second.Run(run, run < WarmUpRuns, cancellationToken);
        }

        BenchmarkResult own = constantBenchmark.Result(), twin = runTimeBenchmark.Result();
        return
        [
            Compare(format, 1, own.TpotMs / 1000, twin.TpotMs / 1000),
            Compare(format, PromptTokens, 1 / own.PrefillTokensPerSecond, 1 / twin.PrefillTokensPerSecond),
        ];
    }

    /// <summary>Makes static fields of the constants of shapes; every other file stays as it is.</summary>
    internal static GeneratedFile WithFields(GeneratedFile file) =>
        file.HintName.EndsWith(".Kernels.g.cs", StringComparison.Ordinal)
            ? file with { Text = ConstantMember().Replace(file.Text, "{ get; set; } = $1;") }
            : file;

    private static TwinResult Compare(Weights.WeightFormat format, int numTokens, double constantSeconds, double runTimeSeconds) => new(
        numTokens == 1 ? "decoded token" : "token of a prompt", "whole model", format.ToString(), numTokens, constantSeconds,
        runTimeSeconds, (runTimeSeconds / constantSeconds) - 1);

    private static Benchmark Of(MoeModel model) => new(
        model,
        run =>
        {
            Random random = new(run);
            return [.. Enumerable.Range(0, PromptTokens).Select(_ => random.Next(model.Info.VocabSize))];
        },
        Tokens);

    private static MoeModel Load(
        ModelFolder folder, ModelSpec spec, Func<GeneratedFile, GeneratedFile> change, CancellationToken cancellationToken)
    {
        ModelFactory factory = ModelCompiler.CompileChanged(spec, change);
        foreach (Type type in factory.Load.Method.Module.GetTypes().Where(type => !type.ContainsGenericParameters))
        {
            // kernels that are compiled before their shape's fields are set would look in every loop whether they have been
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        }

        return factory.Load(folder.Path, new MoeOptions { Threads = 1 }, cancellationToken);
    }

    [GeneratedRegex("=> ([^;]+);")]
    private static partial Regex ConstantMember();
}

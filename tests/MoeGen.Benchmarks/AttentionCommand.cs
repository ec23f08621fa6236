using System.CommandLine;
using MoeGen.Benchmarks.Attending;
using MoeGen.Benchmarks.Report;
using MoeGen.Benchmarks.Setup;
using MoeGen.Cli.Output;
using MoeGen.Kernels;

namespace MoeGen.Benchmarks;

/// <summary>`attention`: how fast attention is, for prompts and for single tokens behind a long context.</summary>
internal static class AttentionCommand
{
    private const string Program = "dotnet run -c Release --project tests/MoeGen.Benchmarks -- attention";
    private const int DecodeContext = 4096;

    private static readonly int[] s_promptLengths = [128, 512, 2048];

    public static Command Create()
    {
        Option<string> docs = SharedOptions.Docs();
        Command command = new("attention", "Times attention, and writes docs/attention.md.") { docs };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = Path.Combine(parsed.DocsFolder(docs), "attention.md");
            await WriteAsync(path, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        MarkdownTable times = new("shape", "tokens", "positions before them", "KV cache", "ms", "GFLOP/s");
        AddShape<OlmoeShape>(times, "OLMoE: 16 heads of 128");
        AddShape<Qwen3Shape>(times, "Qwen3: 32 heads over 4 of 128");
        using WorkFolder work = WorkFolder.Open(null);
        MoegenTool tool = new(work.Path);
        MarkdownTable memory = await KeyValueMemory.TableAsync(tool, cancellationToken);
        MarkdownTable quality = await KeyValueQuality.MeasureAsync(tool, cancellationToken);
        WholeFile.Write(path, $"""
            # Attention and the KV cache

            Written by `{Program}`; do not edit.

            ## Speed

            Attention of one layer over random numbers: time of one thread of {Machine.Describe()["processor"]},
            {Machine.Describe()["dotnet"]}, on the processor, in the fastest of many runs. Two operations for every element of a key and a value that a query meets.

            {times}
            ## Memory

            One sequence, as `moegen inspect` says; prompts in chunks of {MoeOptions.DefaultPrefillChunk} tokens.

            {memory}
            ## Quality

            `moegen eval demo --text tests/MoeGen.Benchmarks/text/*.txt --tokens {KeyValueQuality.Tokens} --kv-format FORMAT`: the demo
            model beside itself with a cache in F32.

            {quality}
            """.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
        Console.Error.WriteLine($"{path}: written");
    }

    private static void AddShape<TShape>(MarkdownTable times, string name)
        where TShape : struct, IAttentionShape
    {
        foreach (int numTokens in s_promptLengths)
        {
            Add<TShape>(times, name, 0, numTokens, KeyValueFormat.F32);
        }

        foreach (KeyValueFormat format in Enum.GetValues<KeyValueFormat>())
        {
            Add<TShape>(times, name, DecodeContext - 1, 1, format);
        }
    }

    private static void Add<TShape>(MarkdownTable times, string name, int firstPosition, int numTokens, KeyValueFormat format)
        where TShape : struct, IAttentionShape
    {
        Console.Error.WriteLine($"{name}: {numTokens} token(s) behind {firstPosition}, {format}");
        using AttentionTimer<TShape> timer = new(firstPosition, numTokens, format);
        double seconds = timer.Measure();
        times.Add(
            name, Format.Number(numTokens), Format.Number(firstPosition), format.ToString(), Format.Digits(1000 * seconds),
            Format.Digits(timer.Operations / seconds / 1e9));
    }
}

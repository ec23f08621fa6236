using System.CommandLine;
using System.Diagnostics;
using MoeGen.Benchmarks.Rooflines;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks;

/// <summary>`kernels`: kernels beside what the machine can do, and beside twins without constant shapes; writes docs/roofline.md.</summary>
internal static class KernelsCommand
{
    private const string Program = "dotnet run -c Release --project tests/MoeGen.Benchmarks -- kernels";

    public static Command Create()
    {
        Option<string> docs = SharedOptions.Docs();
        Command command = new("kernels", "Times kernels against memory and arithmetic, and writes docs/roofline.md.") { docs };
        command.SetAction((parsed, cancellationToken) =>
        {
            string path = Path.Combine(parsed.DocsFolder(docs), "roofline.md");
            long start = Stopwatch.GetTimestamp();
            RooflinePage page = new(RooflineMeasurement.Run(cancellationToken), Machine.Describe(), Program);
            WholeFile.Write(path, page.ToString());
            Console.Error.WriteLine($"{path}: written, after {Stopwatch.GetElapsedTime(start).TotalSeconds:f0} s");
            return Task.FromResult(0);
        });
        return command;
    }
}

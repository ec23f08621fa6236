using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Rooflines;
using MoeGen.Weights;

namespace MoeGen.Cli.Tests.Benchmarks;

public class RooflinePageTests
{
    [Fact]
    public void Limit_IsTheLongerOfBothTimes()
    {
        // 10 GB at 20 GB/s: 0.5 s; 30 Gop at 100 Gop/s: 0.3 s; it took 2 s
        KernelResult reading = Result(KernelNames.Projection, "BF16", new KernelWork(10e9, 30e9), 2);
        Assert.Equal(("memory", 0.25, 5e9, 15e9), (reading.Limit, reading.ShareOfLimit, reading.ByteRate, reading.OperationRate));
        Assert.Equal("cache", (reading with { IsCached = true }).Limit);

        // 80 Gop: 0.8 s
        KernelResult computing = Result(KernelNames.Projection, "BF16", new KernelWork(10e9, 80e9), 2);
        Assert.Equal(("arithmetic", 0.4), (computing.Limit, computing.ShareOfLimit));
    }

    [Fact]
    public void KernelTable_HasARowForEachCaseAndColumnsForEachThreadCount()
    {
        KernelResult one = Result(KernelNames.Projection, "BF16", new KernelWork(8e6, 32e6), 0.001) with { NumTokens = 4 };
        KernelResult two = one with { NumThreads = 2, Seconds = 0.0005 };
        string[] lines = KernelTable.Of([one, two]).ToString().Split('\n');
        Assert.Contains("1 thread: us a token", lines[0]);
        Assert.Contains("2 threads: us a token", lines[0]);
        Assert.Equal(
            "| projection | BF16 | 4 | 2.00 | 8.00 | 4.00 | 250 | 8.00 | 32.0 | memory | 40 | 125 | 16.0 | 64.0 | memory | 80 |", lines[2]);
    }

    [Fact]
    public void TokenTable_RunsEachKernelAsOftenAsAPassDoes()
    {
        string[] rows = TokenTable.Of(Token()).ToString().Split('\n');

        // every kernel takes 1 ms; 64 projections, 16 each of router, experts, attention, rope and top-k, 65 norms, one head: 210
        Assert.StartsWith("| projection | 64 | 64.0 (30.5) |", rows[2]);
        Assert.StartsWith("| head | 1 | 1.00 (0.5) |", rows[9]);
        Assert.StartsWith("| all of them |  | 210 |", rows[10]);
    }

    [Theory]
    [InlineData(KernelNames.Head, WeightFormat.Q4, "Q8")]
    [InlineData(KernelNames.Router, WeightFormat.Q8, "BF16")]
    [InlineData(KernelNames.Experts, WeightFormat.Q4, "Q4")]
    [InlineData(KernelNames.Norm, WeightFormat.BF16, "F32")]
    [InlineData(KernelNames.Norm, WeightFormat.Q4, "Q4")]
    [InlineData(KernelNames.Attention, WeightFormat.Q4, "F32")]
    public void QuantizedModels_HoldSomeMatricesOtherwise(string kernel, WeightFormat weights, string expected) =>
        Assert.Equal(expected, TokenTable.FormatOf(kernel, weights));

    [Fact]
    public void Page_ShowsWhatWasMeasured()
    {
        TwinResult twin = new("projection", "2048 x 2048", "BF16", 1, 1e-3, 1.2e-3, 0.2);
        TwinResult model = new("decoded token", "whole model", "BF16", 1, 1e-4, 1.04e-4, 0.04);
        RooflineMeasurement measurement = new(Token(), [twin], [model]);
        JsonObject machine = new() { ["processor"] = "P", ["cores"] = 2, ["dotnet"] = ".NET" };
        string page = new RooflinePage(measurement, machine, "the command").ToString();
        Assert.Contains("Written by `the command`; do not edit.", page);
        Assert.Contains("P, 2 cores, .NET.", page);
        Assert.Contains("| 1 | 20.0 | 100 | 100 | 100 | 5.00 |", page);
        Assert.Contains("| projection | 2048 x 2048 | BF16 | 1 | 1,000 | 1,200 | +20 % |", page);
        Assert.Contains("| decoded token | whole model | BF16 | 1 | 100 | 104 | +4 % |", page);
        Assert.EndsWith(".\n", page);
    }

    // every kernel in every format, 1 ms for a token on one thread
    private static KernelResult[] Token()
    {
        string[] kernels =
        [
            KernelNames.Projection, KernelNames.Router, KernelNames.Experts, KernelNames.Attention, KernelNames.Norm, KernelNames.Rope,
            KernelNames.Choice, KernelNames.Head,
        ];
        return
        [
            .. from kernel in kernels
               from format in Enum.GetValues<WeightFormat>()
               select Result(kernel, format.ToString(), new KernelWork(1e6, 1e6), 0.001) with { Arithmetic = Arithmetics.Of(format) },
        ];
    }

    private static KernelResult Result(string kernel, string format, KernelWork work, double seconds) =>
        new(kernel, format, NumTokens: 1, NumThreads: 1, work, Arithmetic.Floats)
        {
            IsCached = false,
            Seconds = seconds,
            ReadRate = 20e9,
            PeakRate = 100e9,
        };
}

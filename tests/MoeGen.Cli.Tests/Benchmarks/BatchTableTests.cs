using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Batching;

namespace MoeGen.Cli.Tests.Benchmarks;

public class BatchTableTests
{
    private static readonly BatchRun s_alone = new("demo", "BF16", 2, 1, 100, 1, 20, 5e6);
    private static readonly BatchRun s_together = new("demo", "BF16", 2, 8, 300, 8, 80, 10e6);

    [Fact]
    public void Gain_IsComparedWithWhatTheBytesAllow()
    {
        string table = BatchTable.Of([s_together, s_alone]).ToString();
        Assert.Contains("| demo | BF16 | 2 | 1 | 1.00 | 100 | 20.0 | 5.00 | 1.00 | 1.00 | 100 |", table);
        Assert.Contains("| demo | BF16 | 2 | 8 | 8.00 | 300 | 80.0 | 10.0 | 3.00 | 4.00 | 75 |", table);
    }

    [Fact]
    public void Rounds_GiveTheirMedian()
    {
        string table = BatchTable.Of(
            [s_alone, s_together, s_together with { TokensPerSecond = 320 }, s_together with { TokensPerSecond = 9000 }]).ToString();
        Assert.Contains("| 8 | 8.00 | 320 |", table);
    }

    [Fact]
    public void Read_TakesWhatTheBenchPrints() => Assert.Equal(s_together, BatchRun.Read(JsonNode.Parse("""
        { "model": "demo", "format": "BF16", "threads": 2, "sequences": 8, "tokens_per_second": 300.0, "sequences_per_step": 8.0,
          "experts_per_step": 80.0, "weight_bytes_per_step": 10000000.0 }
        """)!));
}

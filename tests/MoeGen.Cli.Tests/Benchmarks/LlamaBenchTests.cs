using System.Text.Json.Nodes;
using MoeGen.Benchmarks;
using MoeGen.Benchmarks.Peers;

namespace MoeGen.Cli.Tests.Benchmarks;

public class LlamaBenchTests
{
    private static readonly LlamaBench s_bench = new("llama.cpp", "", "llama-bench");

    [Fact]
    public void Read_TakesEachTestByItsLengths()
    {
        JsonObject result = s_bench.Read("""
            some line of the loader
            [
              { "build_commit": "abc", "n_prompt": 128, "n_gen": 0, "avg_ts": 50.5 },
              { "build_commit": "abc", "n_prompt": 512, "n_gen": 0, "avg_ts": 60.5 },
              { "build_commit": "abc", "n_prompt": 0, "n_gen": 64, "avg_ts": 20.5 }
            ]
            """, [128, 512]);
        Assert.Equal(20.5, (double)result["decode"]!);
        Assert.Equal(50.5, (double)result["prefill_128"]!);
        Assert.Equal(60.5, (double)result["prefill_512"]!);
        Assert.Equal("abc", (string)result["commit"]!);
    }

    [Theory]
    [InlineData("error: no such file")]
    [InlineData("""[{ "n_prompt": 128, "n_gen": 0, "avg_ts": 50.5 }]""")]
    [InlineData("[]")]
    public void Read_RefusesWhatLacksATest(string output)
    {
        BenchmarkException exception = Assert.Throws<BenchmarkException>(() => s_bench.Read(output, [128]));
        Assert.Contains("llama-bench", exception.Message);
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("folder=")]
    [InlineData("a=b=c")]
    public void ModelPair_RefusesWhatIsNoPair(string text) =>
        Assert.Contains("FOLDER=FILE.gguf", Assert.Throws<BenchmarkException>(() => ModelPair.Parse(text)).Message);

    [Fact]
    public void ModelPair_RefusesAFileThatIsNotThere() =>
        Assert.Contains("nowhere.gguf: does not exist", Assert.Throws<BenchmarkException>(() => ModelPair.Parse(".=nowhere.gguf")).Message);

    [Theory]
    [InlineData(256, 20_000_000, new[] { 128 }, 20)]
    [InlineData(4096, 300_000_000, new[] { 128, 512 }, 3)]
    [InlineData(4096, 7_000_000_000, new[] { 128, 512 }, 1)]
    public void ModelPair_MeasuresWhatFits_AndSmallModelsOften(int positions, long bytes, int[] promptLengths, int repetitions)
    {
        ModelPair pair = new ModelPair("folder", "file", [128, 512], 1)
            .Of(JsonNode.Parse($$"""{ "max_positions": {{positions}}, "dense_bytes": 0, "expert_bytes_total": {{bytes}} }""")!);
        Assert.Equal(promptLengths, pair.PromptLengths);
        Assert.Equal(repetitions, pair.Repetitions);
    }
}

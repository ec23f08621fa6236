using MoeGen.Benchmarks.Peers;

namespace MoeGen.Cli.Tests.Benchmarks;

public class PeersPageTests
{
    private const string Results = """
        {
          "machine": { "processor": "a processor", "cores": 2, "dotnet": ".NET" },
          "runs": [
            { "round": 0, "model": "olmoe-q8", "threads": 2, "engine": "MoeGen", "setting": "", "format": "Q8", "weight_bytes_per_step": 1e9,
              "decode": 30, "prefill_128": 200, "prefill_512": 250 },
            { "round": 1, "model": "olmoe-q8", "threads": 2, "engine": "MoeGen", "setting": "", "format": "Q8", "weight_bytes_per_step": 1e9,
              "decode": 34, "prefill_128": 200, "prefill_512": 250 },
            { "round": 0, "model": "olmoe-q8", "threads": 2, "engine": "llama.cpp", "setting": "", "commit": "abc",
              "decode": 20, "prefill_128": 50, "prefill_512": 60 },
            { "round": 0, "model": "olmoe-q8", "threads": 2, "engine": "ik_llama.cpp", "setting": "", "commit": "def",
              "decode": 25, "prefill_128": 80, "prefill_512": 100 },
            { "round": 0, "model": "olmoe-q8", "threads": 2, "engine": "ik_llama.cpp", "setting": "-rtr 1", "commit": "def",
              "decode": 24, "prefill_128": 160, "prefill_512": 200 },
            { "round": 0, "model": "olmoe-q8", "threads": 2, "engine": "read loop", "setting": "", "bytes_per_second": 4e10 }
          ]
        }
        """;

    [Fact]
    public void Table_ComparesWithTheBestSettingOfEach()
    {
        string[] lines = new PeersPage(PeersResults.Parse("results.json", Results), "the command").Text().Split('\n');
        Assert.Contains("| olmoe-q8 | Q8 | 2 | 2 | decode | 32.0 | 20.0 | 25.0 | 1.60 | 1.28 | 80 / 50 / 62 |", lines);
        Assert.Contains("| olmoe-q8 | Q8 | 2 | 2 | prefill 128 | 200 | 50.0 | 160 `-rtr 1` | 4.00 | 1.25 |  |", lines);
        Assert.Contains("| olmoe-q8 | Q8 | 2 | 2 | prefill 512 | 250 | 60.0 | 200 `-rtr 1` | 4.17 | 1.25 |  |", lines);
    }

    [Fact]
    public void Text_NamesWhatItWasComparedWith()
    {
        string text = new PeersPage(PeersResults.Parse("results.json", Results), "the command").Text();
        Assert.Contains("llama.cpp (abc) and ik_llama.cpp (def)", text);
    }
}

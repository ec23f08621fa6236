using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests;

/// <summary>
/// Malformed models and requests: one line that names file and fault, exit code 1, nothing half-loaded, nothing left on disk.
/// </summary>
public class BadCaseTests
{
    // a refusal reads headers, never weights: far below what a model would take
    private const long MaxAllocatedBytes = 64_000_000;

    // a scale of 0 makes every weight of its block 0: unusual, but no fault
    private const string LegalCase = "bad-fp8-scale-0_0";

    public static TheoryData<string> Cases
    {
        get
        {
            IEnumerable<string> names =
                RepositoryFiles.FolderNames(Path.Combine(RepositoryFiles.Shared, "cases"), "bad-*").Where(name => name != LegalCase);
            return [.. names.DefaultIfEmpty("bad-config-missing")];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task SharedBadCase_IsRefusedWithFileAndFault(string name)
    {
        string folder = RepositoryFiles.RequireShared($"cases/{name}");
        JsonNode bad = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "bad.json")))!;
        using TemporaryFolder temporary = new();
        string[] args = ["logits", folder, "--tokens", Path.Combine(folder, "tokens.json"), "-o", temporary["out.safetensors"]];

        // the first run compiles the model's code; the second shows what refusing takes
        await CliRun.Of(args);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        CliRun run = await CliRun.Of(args);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        run.AssertFailed(Path.Combine(folder, bad["file"]!.GetValue<string>()));
        Assert.All(NamesThatTheMessageMustHold(bad), text => Assert.Contains(text, run.Error));
        Assert.InRange(allocated, 0, MaxAllocatedBytes);
        Assert.Empty(Directory.GetFileSystemEntries(temporary.Path));
    }

    [Fact]
    public async Task SharedLegalCase_LoadsAndSaysWhatIsUnusual()
    {
        string folder = RepositoryFiles.RequireShared($"cases/{LegalCase}");
        using TemporaryFolder temporary = new();
        CliRun run = await CliRun.Of(
            "logits", folder, "--tokens", Path.Combine(folder, "tokens.json"), "-o", temporary["out.safetensors"], "--json");
        run.Json();
        Assert.Contains("model.layers.0.mlp.down_proj.weight_scale_inv", run.Error);
    }

    // "and the tensor", "both shapes": the case tells them in `wrong`
    private static IEnumerable<string> NamesThatTheMessageMustHold(JsonNode bad)
    {
        string wrong = bad["wrong"]!.GetValue<string>(), must = bad["must"]!.GetValue<string>();
        if (must.Contains("the tensor", StringComparison.Ordinal))
        {
            yield return wrong.Split(' ')[0];
        }

        if (must.Contains("both shapes", StringComparison.Ordinal))
        {
            foreach (string part in wrong.Split('[').Skip(1))
            {
                yield return "[" + part[..(part.IndexOf(']') + 1)];
            }
        }
    }
}

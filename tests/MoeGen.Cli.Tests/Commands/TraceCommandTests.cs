using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;
using MoeGen.Traces;

namespace MoeGen.Cli.Tests.Commands;

public class TraceCommandTests
{
    private static readonly string s_model = Path.Combine(RepositoryFiles.Cases, "edge-tied");

    [Fact]
    public async Task RandomPrompts_AreRecordedWithWhatFollows()
    {
        using TemporaryFolder folder = new();
        string path = folder["trace.safetensors"];
        CliRun run = await CliRun.Of(
            "trace", s_model, "-o", path, "--sequences", "3", "--prompt-tokens", "7", "--tokens", "4", "--chunk", "5", "--json");
        JsonObject json = run.Json();
        using ActivationTrace trace = ActivationTrace.Open(path);

        Assert.Equal(3, trace.NumSequences);
        Assert.Equal(trace.NumTokens, json["tokens"]!.GetValue<int>());
        Assert.Equal(new FileInfo(path).Length, json["bytes"]!.GetValue<long>());
        Assert.True(trace.HasNextProbabilities);

        // a prompt of 7 in chunks of 5 and 2; decoded tokens one by one, fewer where the text ended
        Assert.Equal([5, 2, 1], trace.Passes.Take(3).Select(pass => pass.NumTokens));
        Assert.Equal([true, true, false], trace.Passes.Take(3).Select(pass => pass.IsPrompt));
        TraceReader reader = trace.CreateReader();
        TracePass pass = new(trace.Info);
        for (int index = 0; index < trace.Passes.Count; index++)
        {
            reader.Read(index, pass);
            for (int token = 0; token < pass.NumTokens; token++)
            {
                // the first choice is the most probable, and neither embeddings nor choices are left out
                int best = pass.ExpertsOf(token, 0)[0];
                Assert.Equal(pass.ProbabilitiesOf(token, 0).ToArray().Max(), pass.ProbabilitiesOf(token, 0)[best]);
                Assert.True(pass.EmbeddingOf(token).ContainsAnyExcept(0f));
            }
        }

        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task EncoderAndDecoder_ArePassesOfTheirOwn()
    {
        using TemporaryFolder folder = new();
        CliRun run = await CliRun.Of(
            "trace", Path.Combine(RepositoryFiles.Cases, "switch_transformers-a"), "-o", folder["trace"], "--sequences", "2",
            "--prompt-tokens", "7", "--tokens", "3", "--json");
        Assert.True(run.ExitCode == ExitCodes.Done, run.Error);
        using ActivationTrace trace = ActivationTrace.Open(folder["trace"]);

        // the input, the token that the decoder begins with, and what it writes
        Assert.Equal([(7, true, true), (1, true, false), (1, false, false)], trace.Passes.Take(3).Select(
            pass => (pass.NumTokens, pass.IsPrompt, pass.IsNewSequence)));
        TraceReader reader = trace.CreateReader();
        int layers = trace.Info.Grid.NumLayers;
        int[] encoder = reader.ReadExperts(0).ToArray(), decoder = reader.ReadExperts(1).ToArray();
        Assert.All(Enumerable.Range(layers / 2, layers - (layers / 2)), layer => Assert.Equal(-1, encoder[layer]));
        Assert.All(Enumerable.Range(0, layers / 2), layer => Assert.Equal(-1, decoder[layer]));
        Assert.Contains(encoder, expert => expert >= 0);
        Assert.Contains(decoder, expert => expert >= 0);
    }

    [Fact]
    public async Task SameSeed_RecordsTheSameBytes()
    {
        using TemporaryFolder folder = new();
        foreach (string name in (string[])["a", "b"])
        {
            CliRun run = await CliRun.Of(
                "trace", s_model, "-o", folder[name], "--sequences", "2", "--prompt-tokens", "5", "--tokens", "3", "--temperature", "1",
                "--seed", "9");
            Assert.True(run.ExitCode == ExitCodes.Done, run.Error);
        }

        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
    }

    [Fact]
    public async Task TokensBeyondTheContext_AreRefusedAndLeaveNothing()
    {
        using TemporaryFolder folder = new();
        CliRun run = await CliRun.Of(
            "trace", "demo", "-o", folder["trace"], "--context", "64", "--prompt-tokens", "60", "--tokens", "5");
        run.AssertFailed("60 prompt tokens and 5 decoded ones need 65 positions; expected at most 64");
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task TextWithoutTokenizer_IsRefused()
    {
        using TemporaryFolder folder = new();
        folder.Write("text.txt", "text");
        CliRun run = await CliRun.Of(
            "trace", s_model, "-o", folder["trace"], "--text", folder["text.txt"], "--prompt-tokens", "5", "--tokens", "5");
        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains("text.txt: cannot be read as tokens, because the model's folder has no tokenizer.json", run.Error);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task ShortText_IsRefused()
    {
        using TemporaryFolder folder = new();
        folder.Write("text.txt", "Once upon a time");
        CliRun run = await CliRun.Of("trace", "demo", "-o", folder["trace"], "--text", folder["text.txt"], "--prompt-tokens", "50");
        run.AssertFailed("text.txt", "expected at least 500 for 10 prompts of 50, see --sequences and --prompt-tokens");
    }

    [Fact]
    public async Task Interrupted_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource interrupted = new();
        Task<CliRun> run = CliRun.With(
            "", interrupted.Token, "trace", s_model, "-o", folder["trace"], "--sequences", "1000000", "--prompt-tokens", "8",
            "--tokens", "8");
        while (!run.IsCompleted && Directory.GetFiles(folder.Path).Length == 0)
        {
            await Task.Yield();
        }

        await interrupted.CancelAsync();
        Assert.Equal(ExitCodes.Interrupted, (await run).ExitCode);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task FolderThatDoesNotExist_IsRefusedBeforeAnythingIsLoaded()
    {
        using TemporaryFolder folder = new();
        (await CliRun.Of("trace", s_model, "-o", folder["no/trace"])).AssertFailed("its folder does not exist");
        (await CliRun.Of("trace", s_model, "-o", folder["trace"], "--offload", "mobile")).AssertFailed("expected an exact method");
    }
}

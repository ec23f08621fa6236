using System.Text.Json.Nodes;
using System.Xml.Linq;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public sealed class EvalCommandTests : IDisposable
{
    private const string Tale =
        "Once upon a time there was a king who had three daughters, and the youngest of them was so fair that the sun wondered.";

    private readonly TemporaryFolder _folder = new();

    public EvalCommandTests()
    {
        _folder.Write("tale.txt", Tale);
        _folder.Write("list.txt", string.Concat(Enumerable.Range(0, 400).Select(i => $"{i}, ")));
    }

    [Fact]
    public async Task Json_HasThePromisedKeys()
    {
        string page = _folder["page.html"];
        CliRun run = await CliRun.Of(
            "eval", "demo", "--text", _folder["tale.txt"], _folder["list.txt"], "--offload", "lru", "--offload", "next-router",
            "--budget", "14MiB", "--tokens", "300", "--prompt-tokens", "8", "--continuations", "1", "--continuation-tokens", "5",
            "--html", page, "--json");
        JsonObject json = run.Json();
        Assert.Equal("demo", json["model"]!.GetValue<string>());
        Assert.Equal(14 << 20, json["budget_bytes"]!.GetValue<long>());
        Assert.Equal(["tale", "list"], json["exact"]!["texts"]!.AsArray().Select(text => text!["text"]!.GetValue<string>()));
        JsonArray methods = json["methods"]!.AsArray();
        Assert.Equal(["lru", "next-router"], methods.Select(method => method!["offload"]!.GetValue<string>()));
        double perplexity = json["exact"]!["all"]!["perplexity"]!.GetValue<double>();
        foreach (JsonNode? method in methods)
        {
            JsonNode all = method!["all"]!;
            Assert.True(method["is_exact"]!.GetValue<bool>());
            Assert.Equal(perplexity, all["perplexity"]!.GetValue<double>());
            Assert.Equal(1, all["top1_agreement"]!.GetValue<double>());
            Assert.Equal(0, all["kl_mean_nats"]!.GetValue<double>());
            Assert.Equal(1, all["continuations_equal_share"]!.GetValue<double>());
            Assert.Equal(5, all["continuations_equal_tokens"]!.GetValue<double>());
            Assert.InRange(method["expert_hit_rate"]!.GetValue<double>(), 0.01, 0.99);
            string[] positive = ["tokens_per_second", "tpot_ms", "tpot_p95_ms", "bytes_read_per_token", "decode_steps", "memory_bytes"];
            Assert.All(positive, key => Assert.True(method[key]!.GetValue<double>() > 0, key));
            string[] zeros = ["skipped_share", "skipped_weight_share", "fallback_share"];
            Assert.All(zeros, key => Assert.Equal(0, method[key]!.GetValue<double>()));
            Assert.True(method.AsObject().ContainsKey("peak_rss_bytes"));
        }

        // the page shows the same object
        Assert.True(JsonNode.DeepEquals(json, JsonNode.Parse(XDocument.Load(page).Descendants("pre").Single().Value)));
        Assert.Contains("moegen eval demo --text", File.ReadAllText(page));
    }

    [Fact]
    public async Task OptionsOfOneMethod_LeaveTheOthersAlone()
    {
        string[] args = ["eval", "demo", "--text", _folder["tale.txt"], "--prompt-tokens", "4", "--threshold", "1.1", "--json", "--offload", "lru"];
        JsonArray methods = (await CliRun.Of([.. args, "--offload", "mobile"])).Json()["methods"]!.AsArray();
        Assert.Equal([0, 1], methods.Select(method => method!["fallback_share"]!.GetValue<double>()));
        Assert.All(methods, method => Assert.Equal(1, method!["all"]!["top1_agreement"]!.GetValue<double>()));
        (await CliRun.Of(args)).AssertFailed("--threshold is of no use with --offload lru");
    }

    [Theory]
    [InlineData("f16", "F16", 1e-6)]
    [InlineData("q8", "Q8", 1e-2)]
    public async Task KvFormat_IsComparedWithTheExactModel(string format, string name, double mostDivergence)
    {
        string[] args = ["eval", "demo", "--text", _folder["tale.txt"], "--prompt-tokens", "4", "--json"];
        JsonObject plain = (await CliRun.Of(args)).Json(), json = (await CliRun.Of([.. args, "--kv-format", format])).Json();
        Assert.True(JsonNode.DeepEquals(plain["exact"], json["exact"]));
        JsonNode method = Assert.Single(json["methods"]!.AsArray())!;
        Assert.Equal($"resident, KV cache in {name}", method["offload"]!.GetValue<string>());
        Assert.False(method["is_exact"]!.GetValue<bool>());
        Assert.InRange(method["all"]!["kl_mean_nats"]!.GetValue<double>(), double.Epsilon, mostDivergence);
    }

    [Fact]
    public async Task Formats_AreComparedWithTheExactModel()
    {
        string[] args = ["eval", "demo", "--text", _folder["tale.txt"], "--prompt-tokens", "4", "--json"];
        JsonArray methods = (await CliRun.Of([.. args, "--format", "q8", "--format", "Q4", "--format", "bf16"])).Json()["methods"]!.AsArray();
        Assert.Equal(["Q8", "Q4", "BF16"], methods.Select(method => method!["format"]!.GetValue<string>()));
        Assert.Equal("resident, weights in Q4", methods[1]!["offload"]!.GetValue<string>());
        Assert.Equal([false, false, true], methods.Select(method => method!["is_exact"]!.GetValue<bool>()));
        double[] divergences = [.. methods.Select(method => method!["all"]!["kl_mean_nats"]!.GetValue<double>())];
        Assert.InRange(divergences[0], double.Epsilon, 0.02);
        Assert.InRange(divergences[1], divergences[0], 0.2);
        Assert.Equal(0, divergences[2]);
        CliRun wrong = await CliRun.Of([.. args, "--format", "q3"]);
        Assert.Equal(ExitCodes.WrongUsage, wrong.ExitCode);
        Assert.Contains("--format is q3; expected one of f32, f16, bf16, q8, q4", wrong.Error);
    }

    [Fact]
    public async Task Perplexity_IsThatOfTheLogits()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel);
        int[] tokens = model.Tokenizer.Encode(Tale);
        _folder.Write("tokens.json", $"[{string.Join(", ", tokens)}]");
        CliRun logitsRun = await CliRun.Of("logits", "demo", "--tokens", _folder["tokens.json"], "-o", _folder["logits"]);
        Assert.Equal(ExitCodes.Done, logitsRun.ExitCode);
        double[] logits = [.. TensorFile.ReadFloats(_folder["logits"], "logits").Select(logit => (double)logit)];
        double loss = 0;
        for (int i = 1; i < tokens.Length; i++)
        {
            ArraySegment<double> row = new(logits, (i - 1) * Demo.ModelInfo.VocabSize, Demo.ModelInfo.VocabSize);
            loss += Math.Log(row.Sum(Math.Exp)) - row[tokens[i]];
        }

        JsonObject json = (await CliRun.Of("eval", "demo", "--text", _folder["tale.txt"], "--prompt-tokens", "1", "--json")).Json();
        JsonNode text = json["exact"]!["texts"]![0]!;
        Assert.Equal(tokens.Length - 1, text["tokens"]!.GetValue<int>());
        Assert.Equal(loss / (tokens.Length - 1), text["loss_nats"]!.GetValue<double>(), 1e-9);
        Assert.Equal(Math.Exp(loss / (tokens.Length - 1)), text["perplexity"]!.GetValue<double>(), 1e-7);
        int bytes = Tale.Length - model.Tokenizer.GetBytes(tokens[0]).Length;
        Assert.Equal(bytes, text["bytes"]!.GetValue<int>());
        Assert.Equal(loss / Math.Log(2) / bytes, text["bits_per_byte"]!.GetValue<double>(), 1e-9);
        Assert.Empty(json["methods"]!.AsArray());
    }

    [Fact]
    public async Task LongText_IsWalkedInWindows()
    {
        string[] args = ["eval", "demo", "--text", _folder["list.txt"], "--tokens", "700", "--prompt-tokens", "8", "--json"];
        JsonNode exact = (await CliRun.Of([.. args]))!.Json()["exact"]!;
        JsonNode narrow = (await CliRun.Of([.. args, "--context", "16"])).Json()["exact"]!;
        Assert.Equal(700, exact["all"]!["tokens"]!.GetValue<int>());
        Assert.Equal(700, narrow["all"]!["tokens"]!.GetValue<int>());

        // who sees less foresees less
        Assert.True(exact["all"]!["perplexity"]!.GetValue<double>() < narrow["all"]!["perplexity"]!.GetValue<double>());
    }

    [Fact]
    public async Task Text_HasATableForEachMethod()
    {
        CliRun run = await CliRun.Of(
            "eval", "demo", "--text", _folder["tale.txt"], "--budget", "14MiB", "--tokens", "20", "--prompt-tokens", "4",
            "--continuations", "0");
        Assert.True(run.ExitCode == ExitCodes.Done, run.Error);

        // with a budget alone it is the default method
        Assert.Contains("\nexact model\ntext  tokens  perplexity  bits/byte\ntale      20", run.Output);
        Assert.Contains("\nfinemoe (exact), ", run.Output);
        Assert.Contains("\ndecode steps, teacher forced\n", run.Output);
    }

    [Fact]
    public async Task MethodWithoutABudget_IsResident()
    {
        JsonObject json = (await CliRun.Of(
            "eval", "demo", "--text", _folder["tale.txt"], "--offload", "lru", "--prompt-tokens", "4", "--continuations", "0",
            "--json")).Json();
        JsonNode method = Assert.Single(json["methods"]!.AsArray())!;
        Assert.Equal("resident", method["offload"]!.GetValue<string>());
        Assert.Equal(1, method["expert_hit_rate"]!.GetValue<double>());
        Assert.Null(method["all"]!["continuations_equal_share"]);
    }

    [Fact]
    public async Task BadInput_IsOneLine()
    {
        _folder.Write("empty.txt", "");
        _folder.Write("short.txt", "a");
        _folder.Write("latin.txt", [0xFC]);
        (await Eval("missing.txt")).AssertFailed("missing.txt: does not exist; expected a text file");
        (await Eval("empty.txt")).AssertFailed("empty.txt: is empty");
        (await Eval("latin.txt")).AssertFailed("latin.txt: byte 0 is not UTF-8");
        (await Eval("short.txt")).AssertFailed("short.txt: holds 1 tokens; expected at least 2");
        (await Eval("tale.txt", "--prompt-tokens", "256")).AssertFailed(
            "256 prompt tokens leave nothing to foresee; expected less than 256, the context length");
        (await Eval("tale.txt", "--html", _folder["no/page.html"])).AssertFailed("its folder does not exist");
        (await Eval("tale.txt", "--budget", "1MiB")).AssertFailed("the memory budget is 1048576 bytes");
    }

    [Fact]
    public async Task ModelsThatCannotBeEvaluated_AreRefused()
    {
        CliRun withoutTokenizer = await CliRun.Of("eval", Path.Combine(RepositoryFiles.Cases, "edge-tied"), "--text", _folder["tale.txt"]);
        withoutTokenizer.AssertFailed("tale.txt: cannot be read as tokens, because the model's folder has no tokenizer.json");
        string switchModel = Path.Combine(RepositoryFiles.Cases, "switch_transformers-a");
        CliRun encoder = await CliRun.Of("eval", switchModel, "--text", _folder["tale.txt"]);
        encoder.AssertFailed("switch_transformers-a: has an encoder; expected a model that continues its prompt");
    }

    [Fact]
    public async Task Interrupted_ExitsWith130AndLeavesNoPage()
    {
        using CancellationTokenSource interrupt = new(TimeSpan.FromMilliseconds(300));
        CliRun run = await CliRun.With(
            "", interrupt.Token, "eval", "demo", "--text", _folder["list.txt"], "--offload", "on-demand", "--budget", "12MiB",
            "--continuations", "1000", "--html", _folder["page.html"]);
        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
        Assert.Empty(Directory.GetFiles(_folder.Path, "page*"));
    }

    public void Dispose() => _folder.Dispose();

    private Task<CliRun> Eval(string text, params string[] options) => CliRun.Of(["eval", "demo", "--text", _folder[text], .. options]);
}

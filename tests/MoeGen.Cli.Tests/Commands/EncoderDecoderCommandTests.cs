using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

/// <summary>The commands over a model whose encoder reads the prompt.</summary>
public class EncoderDecoderCommandTests
{
    private static readonly string s_model = Path.Combine(RepositoryFiles.Cases, "switch_transformers-a");

    [Theory]
    [InlineData("[1, 2]", "has no list input_ids; expected an object with input_ids and decoder_input_ids")]
    [InlineData("{\"decoder_input_ids\": [0]}", "has no list input_ids")]
    [InlineData("{\"input_ids\": \"text\"}", "has no list input_ids")]
    [InlineData("{\"input_ids\": []}", "input_ids holds no tokens")]
    [InlineData("{\"input_ids\": [1], \"decoder_input_ids\": []}", "decoder_input_ids holds no tokens")]
    [InlineData("{\"input_ids\": [1], \"decoder_input_ids\": [0, 96]}", "decoder_input_ids token 1 is 96; expected an id from 0 to 95")]
    [InlineData("{\"input_ids\": [-1], \"decoder_input_ids\": [0]}", "input_ids token 0 is -1")]
    public async Task WrongTokens_AreRefused(string tokens, string fault)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokens.json", tokens);
        (await CliRun.Of("logits", s_model, "--tokens", folder["tokens.json"], "-o", folder["out"])).AssertFailed(
            folder["tokens.json"], fault);
    }

    [Fact]
    public async Task DecoderTokens_AreRefusedWithoutAnEncoder()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokens.json", "{\"input_ids\": [1], \"decoder_input_ids\": [0]}");
        string model = Path.Combine(RepositoryFiles.Cases, "edge-tied");
        (await CliRun.Of("logits", model, "--tokens", folder["tokens.json"], "-o", folder["out"])).AssertFailed(
            "has decoder_input_ids, but the model has no encoder");
    }

    [Fact]
    public async Task Logits_WithoutDecoderTokensAreThoseOfTheStart()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokens.json", "{\"input_ids\": [5, 6, 7]}");
        JsonObject json =
            (await CliRun.Of("logits", s_model, "--tokens", folder["tokens.json"], "-o", folder["out"], "--greedy", "2", "--json")).Json();
        float[] logits = TensorFile.ReadFloats(folder["out"], "logits");
        Assert.Equal(96, logits.Length);
        Assert.Equal(Array.IndexOf(logits, logits.Max()), json["greedy"]![0]!.GetValue<int>());
        Assert.Equal(3, TensorFile.ReadInts(folder["out"], "router.encoder.1.index").Length);
        Assert.Single(TensorFile.ReadInts(folder["out"], "router.decoder.3.index"));
    }

    [Fact]
    public async Task Run_EncodesThePromptAndPrintsWhatTheDecoderWrites()
    {
        using TemporaryFolder folder = new();
        File.Copy(Path.Combine(s_model, "config.json"), folder["config.json"]);
        File.Copy(Path.Combine(s_model, "model.safetensors"), folder["model.safetensors"]);
        folder.Write("tokenizer.json", Tokenizer());
        string[] args = ["run", folder.Path, "abc", "--temperature", "0", "--max-tokens", "4"];
        JsonObject json = (await CliRun.Of([.. args, "--json"])).Json();

        // the metaspace with the first letter or alone, the letters, and </s>
        Assert.InRange(json["prompt_tokens"]!.GetValue<int>(), 4, 5);
        string text = json["text"]!.GetValue<string>();
        Assert.NotEmpty(text);
        Assert.Equal(text + "\n", (await CliRun.Of(args)).Output);
    }

    [Fact]
    public async Task Bench_CountsThePromptAsTheEncodersInput()
    {
        string[] args = ["bench", s_model, "--prompt-tokens", "500", "--tokens", "16", "--runs", "1", "--json"];
        JsonObject json = (await CliRun.Of(args)).Json();
        Assert.Equal((500, 16), (json["prompt_tokens"]!.GetValue<int>(), json["generated_tokens"]!.GetValue<int>()));
        (await CliRun.Of("bench", s_model, "--prompt-tokens", "600", "--tokens", "16")).AssertFailed("expected at most 512 of each");
        Assert.Equal(ExitCodes.Done, (await CliRun.Of([.. args, "--context", "520"])).ExitCode);
    }

    [Fact]
    public async Task Inspect_ShowsBothStacks()
    {
        CliRun run = await CliRun.Of("inspect", "switch-base-8");
        Assert.Contains("encoder layers", run.Output);
        Assert.Contains("6 SparseDecoderLayer", run.Output);
        Assert.Contains("64 tokens for each", run.Output);
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 140));
        JsonObject json = (await CliRun.Of("inspect", "switch-base-8", "--json")).Json();
        Assert.Equal((24, 12, 64), (Number(json, "layers"), Number(json, "encoder_layers"), Number(json, "expert_capacity")));
    }

    private static int Number(JsonObject json, string key) => json[key]!.GetValue<int>();

    // the parts that T5's tokenizers have, with 96 pieces
    private static string Tokenizer()
    {
        JsonArray pieces = [Piece("<pad>", 0), Piece("</s>", 0), Piece("<unk>", 0), Piece("▁", -2)];
        for (int i = 0; pieces.Count < 96; i++)
        {
            pieces.Add(Piece(((char)('a' + i)).ToString(), -3 - (i / 100.0)));
        }

        JsonObject metaspace = new() { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = "always", ["split"] = true };
        JsonObject end = new() { ["SpecialToken"] = new JsonObject { ["id"] = "</s>", ["type_id"] = 0 } };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(0, "<pad>"), Added(1, "</s>"), Added(2, "<unk>")),
            ["normalizer"] = null,
            ["pre_tokenizer"] = metaspace,
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Text("A"), end),
                ["pair"] = new JsonArray(Text("A"), end.DeepClone(), Text("B"), end.DeepClone()),
                ["special_tokens"] = new JsonObject
                {
                    ["</s>"] = new JsonObject { ["id"] = "</s>", ["ids"] = new JsonArray(1), ["tokens"] = new JsonArray("</s>") },
                },
            },
            ["decoder"] = metaspace.DeepClone(),
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 2, ["vocab"] = pieces, ["byte_fallback"] = false },
        }.ToJsonString();
    }

    private static JsonObject Text(string id) => new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = 0 } };

    private static JsonArray Piece(string text, double score) => [text, score];

    private static JsonObject Added(int id, string text) => new()
    {
        ["id"] = id,
        ["content"] = text,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };
}

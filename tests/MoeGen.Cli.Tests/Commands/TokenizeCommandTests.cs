using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class TokenizeCommandTests
{
    [Fact]
    public async Task Text_BecomesIds()
    {
        CliRun run = await CliRun.With("Hello, world!", CancellationToken.None, "tokenize", "demo");
        Assert.Equal("[43,533,82,15,1994,4]\n", run.Output);
    }

    [Fact]
    public async Task Ids_BecomeText()
    {
        CliRun run = await CliRun.With("[43,533,82,15,1994,4, 0]", CancellationToken.None, "tokenize", "demo", "--decode");
        Assert.Equal("Hello, world!<|endoftext|>", run.Output);
        CliRun skipped = await CliRun.With(
            "[43,533,82,15,1994,4, 0]", CancellationToken.None, "tokenize", "demo", "--decode", "--skip-special");
        Assert.Equal("Hello, world!", skipped.Output);
    }

    [Fact]
    public async Task Json_IsOneObject()
    {
        CliRun ids = await CliRun.With("Hello", CancellationToken.None, "tokenize", "demo", "--json");
        Assert.Equal("""{"ids":[43,533,82]}""", ids.Json().ToJsonString());
        CliRun text = await CliRun.With("[43,533,82]", CancellationToken.None, "tokenize", "demo", "--decode", "--json");
        Assert.Equal("""{"text":"Hello"}""", text.Json().ToJsonString());
    }

    [Fact]
    public async Task JsonLines_GoBothWays()
    {
        string vectors = RepositoryFiles.Root + "/tests/MoeGen.Tests/Tokenizers/demo-vectors.json";
        JsonArray rows = JsonNode.Parse(File.ReadAllText(vectors))!.AsArray();
        string texts = string.Concat(rows.Select(row => row!["text"]!.ToJsonString() + "\n"));
        string ids = string.Concat(rows.Select(row => row!["ids"]!.ToJsonString() + "\n"));
        CliRun encoded = await CliRun.With(texts, CancellationToken.None, "tokenize", "demo", "--jsonl");
        Assert.Equal(ids, encoded.Output);
        CliRun decoded = await CliRun.With(ids, CancellationToken.None, "tokenize", "demo", "--jsonl", "--decode");
        Assert.Equal(
            rows.Select(row => row!["text"]!.GetValue<string>()),
            decoded.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.GetValue<string>()));
    }

    [Theory]
    [InlineData("x", "--decode", "standard input: is not JSON")]
    [InlineData("\"a\"\n5\n", "--jsonl", "line 2: is Number; expected a JSON string")]
    [InlineData("[99999]", "--decode", "99999")]
    public async Task WrongInput_IsOneLine(string input, string option, string fault)
    {
        CliRun run = await CliRun.With(input, CancellationToken.None, "tokenize", "demo", option);
        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains(fault, run.Error);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task FolderWithATokenizerAlone_IsEnough()
    {
        using TemporaryFolder folder = new();
        File.Copy(Path.Combine(RepositoryFiles.DemoModel, "tokenizer.json"), folder["tokenizer.json"]);
        Assert.Equal("[]\n", (await CliRun.Of("tokenize", folder.Path)).Output);
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("mistral-v0.1")]
    [InlineData("t5-small")]
    public async Task JsonLines_GiveTheVectorsOfPublishedTokenizers(string name)
    {
        string folder = RepositoryFiles.RequireShared($"tokenizers/{name}");
        JsonArray rows = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "vectors.json"))) switch
        {
            JsonArray array => array,
            JsonNode root => root["vectors"]!.AsArray(),
            null => [],
        };
        string texts = string.Concat(rows.Select(row => row!["text"]!.ToJsonString() + "\n"));
        string ids = string.Concat(rows.Select(row => row!["ids"]!.ToJsonString() + "\n"));
        string idsSpecial = string.Concat(rows.Select(row => row!["ids_special"]!.ToJsonString() + "\n"));

        Assert.Equal(ids, (await CliRun.With(texts, CancellationToken.None, "tokenize", folder, "--jsonl")).Output);
        Assert.Equal(idsSpecial, (await CliRun.With(texts, CancellationToken.None, "tokenize", folder, "--jsonl", "--special")).Output);
        foreach ((string[] options, string expected) in new[] { (Array.Empty<string>(), "decoded"), (["--skip-special"], "decoded_skip_special") })
        {
            CliRun decoded = await CliRun.With(
                idsSpecial, CancellationToken.None, ["tokenize", folder, "--jsonl", "--decode", .. options]);
            Assert.Equal(
                rows.Select(row => row![expected]!.GetValue<string>()),
                decoded.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task InvalidUtf8_IsReplacedOrRefused()
    {
        Random random = new(3);
        for (int round = 0; round < 50; round++)
        {
            byte[] input = new byte[random.Next(1, 100)];
            random.NextBytes(input);
            CliRun plain = await CliRun.With(input, CancellationToken.None, "tokenize", "demo");
            Assert.Equal(ExitCodes.Done, plain.ExitCode);

            // a JSON string of the bytes, and the bytes alone, which are no JSON
            byte[] quoted = [(byte)'"', .. input.Where(b => b is not ((byte)'"' or (byte)'\\' or < 0x20)), (byte)'"', (byte)'\n'];
            CliRun line = await CliRun.With(quoted, CancellationToken.None, "tokenize", "demo", "--jsonl");
            Assert.Equal(ExitCodes.Done, line.ExitCode);
            CliRun lines = await CliRun.With(input, CancellationToken.None, "tokenize", "demo", "--jsonl");
            Assert.InRange(lines.ExitCode, ExitCodes.Done, ExitCodes.Failed);
        }
    }
}

using System.Text;
using System.Text.Json.Nodes;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers;

/// <summary>A damaged file loads or is refused with <see cref="TokenizerFormatException"/>; nothing else happens.</summary>
public class TokenizerMutationTests
{
    private const string Sample = "It's 12 <a> ÉTÉ 🙂 x\r\n  <b>y";

    private const string LoneSurrogate = "HALF"; // stands for what a JsonNode cannot hold

    private static readonly string[] s_values =
    [
        "null", "true", "-1", "1e99", "99999999999", "\"\"", $"\"{LoneSurrogate}\"", "\"AAAA\"", "[]", "{}", "[[]]", "[[\"a\", 1]]",
        "{\"type\":\"Sequence\"}", "{\"type\":\"ByteFallback\"}", "{\"type\":\"Nmt\"}", "{\"type\":\"Whitespace\"}",
    ];

    // one of everything, so that every reader meets damage
    private static byte[] File { get; } = Encoding.UTF8.GetBytes(MakeFile().ToJsonString());

    [Fact]
    public void Load_SurvivesTruncation()
    {
        for (int length = 0; length < File.Length; length += 1 + (File.Length / 400))
        {
            LoadAndUse(File.AsSpan(0, length));
        }
    }

    [Fact]
    public void Load_SurvivesChangedBytes()
    {
        Random random = new(42);
        for (int round = 0; round < 1000; round++)
        {
            byte[] damaged = [.. File];
            for (int numChanges = random.Next(1, 5); numChanges > 0; numChanges--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            LoadAndUse(damaged);
        }
    }

    [Fact]
    public void Load_SurvivesChangedStructure()
    {
        // most changed bytes only break the JSON; these leave it well formed
        Random random = new(43);
        for (int round = 0; round < 1000; round++)
        {
            JsonObject json = MakeFile();

            LoadAndUse(Encoding.UTF8.GetBytes(ChangeStructure(json, random)));
        }
    }

    [Theory]
    [MemberData(nameof(OracleVectorTests.Names), MemberType = typeof(OracleVectorTests))]
    public void Load_SurvivesDamageOfEveryComponent(string name)
    {
        string json = OracleFile.Read(name).Json.ToJsonString();
        byte[] file = Encoding.UTF8.GetBytes(json);
        Random random = new(45);
        for (int round = 0; round < 40; round++)
        {
            LoadAndUse(file.AsSpan(0, random.Next(file.Length)));

            byte[] damaged = [.. file];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            LoadAndUse(damaged);

            LoadAndUse(Encoding.UTF8.GetBytes(ChangeStructure(JsonNode.Parse(json)!.AsObject(), random)));
        }
    }

    [Fact]
    public void Load_SurvivesDamageOfTheDemoTokenizer()
    {
        byte[] file = System.IO.File.ReadAllBytes(Path.Combine(RepositoryFiles.DemoModel, "tokenizer.json"));
        Random random = new(44);
        for (int round = 0; round < 100; round++)
        {
            byte[] damaged = [.. file];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));

            LoadAndUse(damaged);
        }
    }

    // the vocabulary has most of the nodes and little to tell
    private static string ChangeStructure(JsonObject json, Random random)
    {
        List<JsonNode> nodes = [.. Descendants(json).Where(node => node.Parent is not JsonObject { Count: > 100 } || random.Next(50) == 0)];
        nodes[random.Next(nodes.Count)].ReplaceWith(JsonNode.Parse(s_values[random.Next(s_values.Length)]));
        return json.ToJsonString().Replace(LoneSurrogate, @"\ud800");
    }

    private static void LoadAndUse(ReadOnlySpan<byte> file)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.json", file.ToArray());
        try
        {
            Tokenizer tokenizer = Tokenizer.Load(folder.Path);
            tokenizer.Decode(tokenizer.Encode(Sample, addSpecialTokens: true));
        }
        catch (TokenizerFormatException e)
        {
            Assert.StartsWith(folder.Path, e.Message);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    private static JsonObject MakeFile() =>
        TinyTokenizer.Json("a b", "ab c").Adding(258, "<a>", "special", "lstrip").Adding(259, "<b>", "normalized")
        .With("normalizer", """
            {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"},
             {"type": "Replace", "pattern": {"Regex": "x+"}, "content": "y"}, {"type": "Prepend", "prepend": " "}]}
            """)
        .With("pre_tokenizer", """
            {"type": "Sequence", "pretokenizers": [
             {"type": "Split", "pattern": {"Regex": "(?i:'s)| ?\\p{L}+|[^\\s]{1,3}"}, "behavior": "Isolated", "invert": false},
             {"type": "Split", "pattern": {"String": "-"}, "behavior": "MergedWithNext", "invert": true},
             {"type": "Digits", "individual_digits": true}, {"type": "ByteLevel", "add_prefix_space": true, "use_regex": false}]}
            """)
        .With("post_processor", """
            {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<a>"}}, {"Sequence": {"id": "A"}}], "special_tokens": {"<a>": {"ids": [258]}}}]}
            """);

    private static IEnumerable<JsonNode> Descendants(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(child => Descendants(child).Prepend(child));
    }
}

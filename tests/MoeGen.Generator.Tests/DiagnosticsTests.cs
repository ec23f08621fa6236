using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Generator.Tests;

/// <summary>Every number: what it says, and the line and column in config.json where it says it.</summary>
public class DiagnosticsTests
{
    [Fact]
    public void MOEG0001_CutOffFile()
    {
        Diagnostic diagnostic = Single(Configs.Qwen3Moe[..70]);
        AssertIs(diagnostic, "MOEG0001", 3, 25, "the file ends here; expected the closing '\"' of a string");
    }

    [Fact]
    public void MOEG0001_TrailingComma() =>
        AssertIs(Single("{\n  \"hidden_size\": 32,\n}"), "MOEG0001", 3, 1, "found '}'; expected a key in double quotes");

    [Fact]
    public void MOEG0002_MissingKey() =>
        AssertIs(
            Single(Configs.Without(Configs.Qwen3Moe, "hidden_size")), "MOEG0002", 1, 1,
            "hidden_size is missing; expected an integer from 1 to 1048576");

    [Fact]
    public void MOEG0002_MissingKeySuggestsAMisspeltOne()
    {
        string config = Configs.Qwen3Moe.Replace("\"hidden_size\"", "\"hiden_size\"");
        IEnumerable<Diagnostic> diagnostics = GeneratorHost.Run(new TestItem(config)).Diagnostics;
        AssertIs(
            diagnostics.Single(diagnostic => diagnostic.Id == "MOEG0002"), "MOEG0002", 1, 1,
            "hidden_size is missing; expected an integer from 1 to 1048576 (did you mean it by hiden_size?)");
    }

    [Fact]
    public void MOEG0002_MissingInsideAnObject() =>
        AssertIs(
            Single(
                Configs.Qwen3Moe.Replace(
                    "\"sliding_window\": null,", "\"sliding_window\": null, \"rope_scaling\": { \"rope_type\": \"yarn\" },")),
            "MOEG0002", 26, 43, "rope_scaling.factor is missing; expected a number above 0");

    [Fact]
    public void MOEG0003_Mistyped() =>
        AssertIs(
            Single(Configs.Qwen3Moe.Replace("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": \"NaN\"")), "MOEG0003", 11, 19,
            "rms_norm_eps is \"NaN\"; expected a number above 0");

    [Theory]
    [InlineData("\"hidden_size\": 32", "\"hidden_size\": -16", 4, 18, "hidden_size is -16; expected an integer from 1 to 1048576")]
    [InlineData("\"hidden_size\": 32", "\"hidden_size\": 0", 4, 18, "hidden_size is 0; expected an integer from 1 to 1048576")]
    [InlineData("\"rope_theta\": 1000000.0", "\"rope_theta\": 0", 12, 17, "rope_theta is 0; expected a number above 0")]
    [InlineData(
        "\"head_dim\": 16", "\"head_dim\": 7", 20, 15, "head_dim is 7; expected an even number, because rotary positions turn pairs")]
    [InlineData("\"mlp_only_layers\": []", "\"mlp_only_layers\": [3]", 23, 23, "mlp_only_layers is 3; expected an integer from 0 to 2")]
    [InlineData("\"eos_token_id\": 2", "\"eos_token_id\": [2, 96]", 16, 23, "eos_token_id is 96; expected an integer from 0 to 95")]
    public void MOEG0004_OutOfRange(string from, string to, int line, int column, string message) =>
        AssertIs(Single(Configs.Qwen3Moe.Replace(from, to)), "MOEG0004", line, column, message);

    [Theory]
    [InlineData(
        "\"num_experts_per_tok\": 4", "\"num_experts_per_tok\": 17", 18, 26,
        "num_experts_per_tok is 17 but num_experts is 16; expected it between 1 and num_experts")]
    [InlineData(
        "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", 8, 26,
        "num_key_value_heads is 3 but num_attention_heads is 4; expected a divisor of num_attention_heads")]
    [InlineData(
        "\"decoder_sparse_step\": 1", "\"decoder_sparse_step\": 4", 22, 26,
        "decoder_sparse_step is 4 and leaves none of 3 layers with experts; expected at least one sparse layer")]
    public void MOEG0005_Contradiction(string from, string to, int line, int column, string message) =>
        AssertIs(Single(Configs.Qwen3Moe.Replace(from, to)), "MOEG0005", line, column, message);

    [Fact]
    public void MOEG0005_HeadsDoNotDivideTheHiddenSize() =>
        AssertIs(
            Single(Configs.Mixtral.Replace("\"hidden_size\": 32", "\"hidden_size\": 34")), "MOEG0005", 7, 26,
            "num_attention_heads is 4 but hidden_size is 34 and head_dim is absent; expected a divisor of hidden_size, or head_dim");

    [Theory]
    [InlineData("qwen33_moe", " (did you mean qwen3_moe?)")]
    [InlineData("llama", "")]
    public void MOEG0006_UnknownModelType(string type, string suggestion) =>
        AssertIs(
            Single(Configs.Qwen3Moe.Replace("\"model_type\": \"qwen3_moe\"", $"\"model_type\": \"{type}\"")), "MOEG0006", 3, 17,
            $"model_type is \"{type}\"; expected one of {string.Join(", ", RandomConfigs.Families.Order(StringComparer.Ordinal))}{suggestion}");

    [Theory]
    [InlineData(
        "hidden_act", "\"mish\"", "hidden_act is \"mish\"", "expected \"silu\", \"gelu\", \"gelu_pytorch_tanh\" or \"relu\"")]
    [InlineData("n_shared_experts", "2", "n_shared_experts is 2", "expected 0 or null")]
    [InlineData("routed_scaling_factor", "2.5", "routed_scaling_factor is 2.5", "expected 1 or null")]
    [InlineData("clip_qkv", "8.0", "clip_qkv is 8.0", "expected null")]
    [InlineData("scoring_func", "\"sigmoid\"", "scoring_func is \"sigmoid\"", "expected \"softmax\" or null")]
    [InlineData("quantization_config", "{}", "quantization_config.quant_method is missing", "expected \"fp8\"")]
    [InlineData(
        "quantization_config", "{ \"quant_method\": \"gptq\" }", "quantization_config.quant_method is \"gptq\"", "expected \"fp8\"")]
    [InlineData(
        "torch_dtype", "\"float8_e4m3fn\"", "torch_dtype is \"float8_e4m3fn\"", "expected \"bfloat16\", \"float16\" or \"float32\"")]
    public void MOEG0007_UnsupportedSetting(string key, string value, string found, string expected)
    {
        Diagnostic diagnostic = Single(Configs.With(Configs.Qwen3Moe, (key, JsonNode.Parse(value))));
        string message = diagnostic.GetMessage();
        Assert.Equal("MOEG0007", diagnostic.Id);
        Assert.StartsWith(found, message);
        Assert.EndsWith(expected, message);
    }

    [Theory]
    [InlineData("n_shared_experts", "0")]
    [InlineData("routed_scaling_factor", "1.0")]
    [InlineData("scoring_func", "\"softmax\"")]
    [InlineData("quantization_config", "null")]
    [InlineData("partial_rotary_factor", "1")]
    public void NeutralValueOfASettingOfOtherFamilies_IsAccepted(string key, string value) =>
        Assert.Empty(GeneratorHost.Run(new TestItem(Configs.With(Configs.Qwen3Moe, (key, JsonNode.Parse(value))))).Diagnostics);

    [Fact]
    public void MOEG0007_UnsupportedRope()
    {
        Diagnostic diagnostic = Single(
            Configs.With(Configs.Qwen3Moe, ("rope_scaling", new JsonObject { ["type"] = "ntk", ["factor"] = 4 })));
        Assert.StartsWith("rope_scaling.type is \"ntk\"", diagnostic.GetMessage());
    }

    [Fact]
    public void MOEG0008_UnknownKeyIsAWarningWithASuggestion()
    {
        Diagnostic diagnostic = Single(Configs.Qwen3Moe.Replace("\"attention_bias\": false", "\"atention_bias\": false"));
        Assert.Equal(DiagnosticSeverity.Warning, diagnostic.Severity);
        AssertIs(
            diagnostic, "MOEG0008", 24, 3,
            "atention_bias is not a key of qwen3_moe and is ignored (did you mean attention_bias?); "
            + "expected the keys of the published configs");
    }

    [Fact]
    public void MOEG0009_DuplicateKey() =>
        AssertIs(
            Single(Configs.Qwen3Moe.Replace("\"vocab_size\": 96,", "\"vocab_size\": 96,\n  \"hidden_size\": 32,")), "MOEG0009", 10, 3,
            "hidden_size appears again; expected it once, as on line 4");

    [Theory]
    [InlineData("2nd", "", "", "Name of the MoeModel item is \"2nd\"; expected a C# identifier that is no keyword")]
    [InlineData("class", "", "", "Name of the MoeModel item is \"class\"; expected a C# identifier that is no keyword")]
    [InlineData(
        "Tiny", "Q17", "",
        "WeightFormat of the MoeModel item is \"Q17\"; expected one of F32, F16, BF16, Q8, Q4, or none for the format that config.json names")]
    [InlineData("Tiny", "", "a..b", "Namespace of the MoeModel item is \"a..b\"; expected a C# namespace")]
    public void MOEG0010_InvalidItem(string name, string format, string @namespace, string message)
    {
        Diagnostic diagnostic = Assert.Single(GeneratorHost.Run(new TestItem(Configs.Qwen3Moe, name, format, @namespace)).Diagnostics);
        AssertIs(diagnostic, "MOEG0010", 1, 1, message);
    }

    [Fact]
    public void MOEG0011_DuplicateName()
    {
        GeneratorHost host = GeneratorHost.Run(
            new TestItem(Configs.Qwen3Moe), new TestItem(Configs.Mixtral, Name: "tiny", Path: "/models/b/config.json"));
        Assert.Equal(2, host.Diagnostics.Length);
        Assert.All(host.Diagnostics, diagnostic => Assert.Equal("MOEG0011", diagnostic.Id));
        Assert.Empty(host.Result.GeneratedSources);
    }

    [Fact]
    public void MOEG0012_MissingRuntime()
    {
        GeneratorHost host = GeneratorHost.Run("", hasRuntime: false, new TestItem(Configs.Qwen3Moe));
        AssertIs(
            Assert.Single(host.Diagnostics), "MOEG0012", 1, 1,
            "the project has a MoeModel item but no reference to the package MoeGen; expected a reference to it");
        Assert.Empty(host.Result.GeneratedSources);
    }

    [Fact]
    public void SeveralFaults_AreAllReported()
    {
        string config = Configs.Qwen3Moe.Replace("\"hidden_size\": 32", "\"hidden_size\": 0").Replace(
            "\"vocab_size\": 96", "\"vocab_size\": \"many\"");
        string[] ids = [.. GeneratorHost.Run(new TestItem(config)).Diagnostics.Select(diagnostic => diagnostic.Id).Order()];
        Assert.Contains("MOEG0003", ids);
        Assert.Contains("MOEG0004", ids);
    }

    [Fact]
    public void AfterAnError_NothingIsGenerated() =>
        Assert.Empty(GeneratorHost.Run(new TestItem(Configs.Without(Configs.Qwen3Moe, "hidden_size"))).Result.GeneratedSources);

    [Fact]
    public void EveryRule_IsInTheRegisterAndInTheReadme()
    {
        string generator = Path.Combine(RepositoryFiles.Root, "generators", "MoeGen.Generator");
        string register = File.ReadAllText(Path.Combine(generator, "AnalyzerReleases.Shipped.md"))
            + File.ReadAllText(Path.Combine(generator, "AnalyzerReleases.Unshipped.md"));
        string readme = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "README.md"));
        Assert.All(SpecRules.All, rule =>
        {
            Assert.Contains($"{rule.Id} | MoeGen | {(rule.IsError ? "Error" : "Warning")} | {rule.Title}", register);
            Assert.Contains($"| {rule.Id} | {rule.Title} |", readme);
        });
        Assert.Equal(SpecRules.All.Count, SpecRules.All.Select(rule => rule.Id).Distinct().Count());
    }

    private static Diagnostic Single(string config) => Assert.Single(GeneratorHost.Run(new TestItem(config)).Diagnostics);

    private static void AssertIs(Diagnostic diagnostic, string id, int line, int column, string message)
    {
        FileLinePositionSpan span = diagnostic.Location.GetLineSpan();
        Assert.Equal((id, message), (diagnostic.Id, diagnostic.GetMessage()));
        Assert.EndsWith("config.json", span.Path);
        Assert.Equal(new LinePosition(line - 1, column - 1), span.StartLinePosition);
    }
}

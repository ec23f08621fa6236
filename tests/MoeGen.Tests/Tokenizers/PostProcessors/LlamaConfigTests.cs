using System.Text.Json.Nodes;

namespace MoeGen.Tests.Tokenizers.PostProcessors;

public class LlamaConfigTests
{
    private static JsonObject File => TinyTokenizer.Json().Adding(256, "<s>", "special").Adding(257, "</s>", "special");

    [Theory]
    [InlineData("""{"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>"}""", new[] { 256, 'x' })] // the default of the class
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_bos_token": false}""", new int[] { 'x' })]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "bos_token": {"content": "<s>"}}""", new[] { 256, 'x' })]
    [InlineData(
        """{"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>", "add_eos_token": true, "eos_token": "</s>"}""", new[] { 256, 'x', 257 })]
    [InlineData("""{"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": true, "bos_token": "<s>"}""", new int[] { 'x' })]
    [InlineData("""{"add_bos_token": true, "bos_token": "<s>"}""", new int[] { 'x' })]
    public void Load_AddsWhatLlamaClassesAdd(string config, int[] ids)
    {
        Assert.Equal(ids, TinyTokenizer.Load(File, config).Encode("x", addSpecialTokens: true));
        Assert.Equal(['x'], TinyTokenizer.Load(File, config).Encode("x"));
    }

    [Fact]
    public void Load_PutsTheClassBeforeThePostProcessor()
    {
        JsonObject json = File.With("post_processor", """
            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "</s>"}}, {"Sequence": {"id": "A"}}],
             "special_tokens": {"</s>": {"ids": [257]}}}
            """);

        Assert.Equal(
            ['x'],
            TinyTokenizer.Load(json, """{"tokenizer_class": "LlamaTokenizer", "add_bos_token": false}""").Encode(
                "x", addSpecialTokens: true));
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer"}""", "the file has no \"bos_token\"")]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "bos_token": "<x>"}""", "bos_token is \"<x>\"; tokenizer.json has no such token")]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "bos_token": 1}""", "bos_token is \"1\"; it must be a string")]
    [InlineData("""{"tokenizer_class": 7}""", "tokenizer_class is \"7\"; it must be a string")]
    public void Load_RefusesConfigsThatNameNoToken(string config, string fault) =>
        Assert.Equal($"tokenizer_config.json: {fault}", TinyTokenizer.LoadFault(File, config));
}

using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.PostProcessors;

public class PostProcessorReaderTests
{
    private const string Specials = """ "special_tokens": {"<a>": {"id": "<a>", "ids": [256, 257], "tokens": ["<a>", "<b>"]}} """;

    [Theory]
    [InlineData("""[{"Sequence": {"id": "A"}}]""", new int[0], new int[0])]
    [InlineData("""[{"SpecialToken": {"id": "<a>"}}, {"Sequence": {"id": "A"}}]""", new[] { 256, 257 }, new int[0])]
    [InlineData("""[{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "<a>"}}]""", new int[0], new[] { 256, 257 })]
    public void Read_TakesTheTokensAroundTheText(string single, int[] prefix, int[] suffix)
    {
        string template = $$"""{"type": "TemplateProcessing", "single": {{single}}, {{Specials}} }""";
        string sequence = $$"""{"type": "Sequence", "processors": [{"type": "ByteLevel"}, {{template}}]}""";
        foreach (string json in new[] { template, sequence })
        {
            Tokenizer tokenizer = Load(json);

            Assert.Equal([.. prefix, 'x', .. suffix], tokenizer.Encode("x", addSpecialTokens: true));
        }
    }

    [Theory]
    [InlineData("""[]""", "post_processor.single has no place for the text: {\"Sequence\": {\"id\": \"A\"}}")]
    [InlineData("\"<a> $A\"", "post_processor.single is \"<a> $A\"; it must be an array")]
    [InlineData(
        """[{"Sequence": {"id": "B"}}]""", "post_processor.single[0].Sequence.id is \"B\"; supported is \"A\", once in the template")]
    [InlineData(
        """[{"Sequence": {"id": "A"}}, {"Sequence": {"id": "A"}}]""",
        "post_processor.single[1].Sequence.id is \"A\"; supported is \"A\", once")]
    [InlineData(
        """[{"SpecialToken": {"id": "<c>"}}]""",
        "post_processor.single[0].SpecialToken.id is \"<c>\"; supported is a name from special_tokens")]
    [InlineData("""[{"Other": 1}]""", "post_processor.single[0] has no \"SpecialToken\"")]
    public void Read_RefusesTemplatesThatAreNone(string single, string fault) => Assert.StartsWith(
        $"tokenizer.json: {fault}", LoadFault($$"""{"type": "TemplateProcessing", "single": {{single}}, {{Specials}} }"""));

    [Fact]
    public void Read_RefusesIdsThatAreNoToken() => Assert.Equal(
        "tokenizer.json: post_processor.special_tokens.<a>.ids[0] is \"999\"; supported is the id of a token",
        LoadFault("""
            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<a>"}}, {"Sequence": {"id": "A"}}],
             "special_tokens": {"<a>": {"ids": [999]}}}
            """));

    [Fact]
    public void Read_TakesWhatATemplateMadeForThePairOfTheNext()
    {
        string template = $$"""
            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<a>"} }, {"Sequence": {"id": "A"} }],
             "pair": [{"Sequence": {"id": "B"} }, {"Sequence": {"id": "A"} }], {{Specials}} }
            """;

        Tokenizer tokenizer = Load($$"""{"type": "Sequence", "processors": [{{template}}, {{template}}]}""");

        Assert.Equal(['x', 256, 257], tokenizer.Encode("x", addSpecialTokens: true));
    }

    [Theory]
    [InlineData("BertProcessing")]
    [InlineData("RobertaProcessing")]
    public void Read_PutsATextBetweenTwoTokens(string type)
    {
        Tokenizer tokenizer = Load($$"""{"type": "{{type}}", "cls": ["<a>", 256], "sep": ["<b>", 257]}""");

        Assert.Equal([256, 'x', 257], tokenizer.Encode("x", addSpecialTokens: true));
        Assert.Equal(['x'], tokenizer.Encode("x"));
    }

    private static Tokenizer Load(string postProcessor) => TinyTokenizer.Load(
        TinyTokenizer.Json().Adding(256, "<a>", "special").Adding(257, "<b>", "special").With("post_processor", postProcessor));

    private static string LoadFault(string postProcessor) => TinyTokenizer.LoadFault(
        TinyTokenizer.Json().Adding(256, "<a>", "special").Adding(257, "<b>", "special").With("post_processor", postProcessor));
}

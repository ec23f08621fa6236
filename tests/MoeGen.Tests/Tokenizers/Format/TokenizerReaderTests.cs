using System.Text.Json.Nodes;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Format;

/// <summary>Every fault of a file is one line with the file, the place and what is wrong there.</summary>
public class TokenizerReaderTests
{
    [Theory]
    [InlineData("", "no well-formed JSON, line 1, byte 1")]
    [InlineData("{\n\"model\": {", "no well-formed JSON, line 2, byte 11")]
    [InlineData("[]", "the file holds an array; it must hold an object")]
    [InlineData("{}", "the file has no \"model\"")]
    [InlineData("""{"model": 7}""", "model is \"7\"; it must be an object")]
    [InlineData("""{"version": "2.0"}""", "version is \"2.0\"; supported is \"1.0\"")]
    [InlineData("""{"model": {"vocab": {"a": 0}}}""", "model has no \"type\", and is none of BPE, Unigram, WordPiece and WordLevel by what it has")]
    [InlineData("""{"model": {"vocab": {"\ud800": 1}, "merges": []}, "decoder": {"type": "ByteLevel"}}""", "a string holds half of a surrogate pair")]
    public void Load_RefusesDamagedFiles(string content, string fault)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.json", content);

        TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(folder.Path));

        Assert.Equal($"{Path.Combine(folder.Path, "tokenizer.json")}: {fault}", e.Message);
    }

    [Fact]
    public void Load_RefusesDeepNesting()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.json", new string('[', 1_000_000));

        Assert.Contains("no well-formed JSON", Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(folder.Path)).Message);
    }

    [Fact]
    public void Load_RefusesBytesThatAreNoUtf8()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.json", [(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)'}']);

        Assert.Contains("not valid UTF-8", Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(folder.Path)).Message);
    }

    [Theory]
    [InlineData("normalizer", """{"type": "Truecase"}""", "normalizer.type is \"Truecase\"; supported is NFC")]
    [InlineData(
        "normalizer", """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {}]}""", "normalizer.normalizers[1] has no \"type\"")]
    [InlineData("normalizer", """{"type": "Sequence", "normalizers": 1}""", "normalizer.normalizers is \"1\"; it must be an array")]
    [InlineData("normalizer", """{"type": "Prepend", "prepend": 7}""", "normalizer.prepend is \"7\"; it must be a string")]
    [InlineData("normalizer", "\"NFC\"", "normalizer is \"NFC\"; it must be an object")]
    [InlineData("pre_tokenizer", """{"type": "Morphemes"}""", "pre_tokenizer.type is \"Morphemes\"; supported is ByteLevel, Split")]
    [InlineData("pre_tokenizer", """{"type": "ByteLevel"}""", "pre_tokenizer has no \"add_prefix_space\"")]
    [InlineData(
        "pre_tokenizer", """{"type": "Digits", "individual_digits": 1}""", "pre_tokenizer.individual_digits is \"1\"; it must be true or")]
    [InlineData("pre_tokenizer", """{"type": "Split", "pattern": {}}""", "pre_tokenizer.pattern has neither \"String\" nor \"Regex\"")]
    [InlineData(
        "pre_tokenizer", """{"type": "Split", "pattern": {"String": "a"}, "behavior": "0"}""", "behavior is \"0\"; supported is Removed,")]
    [InlineData(
        "pre_tokenizer", """{"type": "Split", "pattern": {"Regex": "(a"}}""", "Regex: the regular expression has a ( without its )")]
    [InlineData("post_processor", """{"type": "Padding"}""", "post_processor.type is \"Padding\"; supported is ByteLevel,")]
    [InlineData("decoder", """{"type": "Morphemes"}""", "decoder.type is \"Morphemes\"; supported is ByteLevel, ByteFallback")]
    [InlineData("added_tokens", """[{"id": 1}]""", "added_tokens[0] has no \"content\"")]
    [InlineData("added_tokens", """[{"content": "a"}]""", "added_tokens[0] has no \"id\"")]
    [InlineData(
        "added_tokens", """[{"id": 4294967296, "content": "a"}]""", "added_tokens[0].id is \"4294967296\"; it must be a 32-bit integer")]
    [InlineData("model", """{"type": "Huffman", "vocab": {"a": 0}}""", "model.type is \"Huffman\"; supported is BPE, Unigram")]
    [InlineData("model", """{"type": "Unigram", "vocab": []}""", "model.vocab is empty")]
    [InlineData("model", """{"type": "Unigram", "vocab": {"a": 0}}""", "model.vocab is an object; supported is an array of")]
    [InlineData("model", """{"vocab": [["a", "b"]]}""", "model.vocab[0] is no token; supported is [\"token\", score]")]
    [InlineData("model", """{"vocab": [["a", 1e999]]}""", "model.vocab[0] is no token; supported is [\"token\", score]")]
    [InlineData("model", """{"vocab": [["a", -1.5]], "unk_id": 1}""", "model.unk_id is \"1\"; supported is the place of a token")]
    [InlineData("model", """{"type": "BPE", "vocab": [["a", -1.5]]}""", "model.vocab is an array; supported is an object from token to id")]
    [InlineData("model", """{"vocab": {}, "merges": []}""", "model.vocab is empty")]
    [InlineData("model", """{"vocab": {"a": 0}, "merges": [], "dropout": 0.1}""", "model.dropout is \"0.1\"; supported is null or 0")]
    [InlineData("model", """{"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "a"}""", "model has no \"max_input_chars_per_word\"")]
    [InlineData("model", """{"type": "WordLevel", "vocab": {"a": 0}}""", "model has no \"unk_token\"")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "*"}""", "normalizer.precompiled_charsmap is no base64")]
    [InlineData(
        "normalizer", """{"type": "Precompiled", "precompiled_charsmap": "////fw=="}""", "normalizer.precompiled_charsmap has 4 bytes, fewer")]
    [InlineData(
        "pre_tokenizer", """{"type": "Metaspace", "replacement": "__"}""", "pre_tokenizer.replacement is \"__\"; it must be one character")]
    [InlineData(
        "pre_tokenizer",
        """{"type": "Metaspace", "replacement": "_", "add_prefix_space": false, "prepend_scheme": "first"}""",
        "pre_tokenizer.prepend_scheme is \"first\"; supported is \"never\" beside")]
    [InlineData("pre_tokenizer", """{"type": "FixedLength", "length": 0}""", "pre_tokenizer.length is \"0\"; supported is 1 or more")]
    [InlineData(
        "decoder", """{"type": "Strip", "content": " ", "start": -1, "stop": 0}""", "decoder.start is \"-1\"; supported is 0 to 1024")]
    [InlineData("decoder", """{"type": "BPEDecoder", "suffix": ""}""", "decoder.suffix is \"\"; supported is a text that is not empty")]
    public void Load_NamesTheConstructAndWhatIsSupported(string section, string value, string fault) =>
        Assert.StartsWith(
            $"tokenizer.json: {(fault.StartsWith(section) ? "" : section)}",
            TinyTokenizer.LoadFault(TinyTokenizer.Json().With(section, value)));

    [Theory]
    [InlineData("""{"a": -1}""", "model.vocab has an id of \"a\" that is no number from 0 to 4194303")]
    [InlineData("""{"a": 2147483647}""", "model.vocab has an id of \"a\" that is no number from 0 to 4194303")]
    [InlineData("""{"a": 1e3000}""", "model.vocab has an id of \"a\" that is no number from 0 to 4194303")]
    [InlineData("""{"a": "0"}""", "model.vocab has an id of \"a\" that is no number from 0 to 4194303")]
    [InlineData("""{"a": 0, "b": 0}""", "model.vocab has two tokens with the id 0, one of them \"b\"")]
    [InlineData("""{"a": 0, "a": 1}""", "model.vocab has the token \"a\" twice")]
    public void Load_RefusesVocabulariesThatAreNone(string vocab, string fault)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.json", $$"""{"model": {"vocab": {{vocab}}, "merges": []}, "decoder": {"type": "ByteLevel"} }""");

        TokenizerFormatException e = Assert.Throws<TokenizerFormatException>(() => Tokenizer.Load(folder.Path));

        Assert.EndsWith($"tokenizer.json: {fault}", e.Message);
    }

    [Fact]
    public void Load_QuotesNoMoreOfTheFileThanFitsALine()
    {
        JsonObject json = TinyTokenizer.Json().With("decoder", $$"""{"type": "{{new string('x', 5000)}}\n\u0000"}""");

        string fault = TinyTokenizer.LoadFault(json);

        Assert.True(fault.Length < 250);
    }

    [Fact]
    public void Load_RefusesDamageOfTheConfigBesideTheFile() =>
        Assert.Equal(
            "tokenizer_config.json: no well-formed JSON, line 1, byte 2", TinyTokenizer.LoadFault(TinyTokenizer.Json(), config: "{"));
}

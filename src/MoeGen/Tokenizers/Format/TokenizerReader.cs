namespace MoeGen.Tokenizers;

/// <summary>Reads the files of a tokenizer and puts its stages together.</summary>
internal static class TokenizerReader
{
    public static Tokenizer Read(string folder)
    {
        string configPath = Path.Combine(folder, "tokenizer_config.json");
        return TokenizerFile.Read(Path.Combine(folder, Tokenizer.FileName), root =>
        {
            RequireVersion(root.Find("version"));
            (TokenizerModel model, Vocabulary vocabulary) = ModelReader.Read(root.Require("model"));
            Normalizer? normalizer = NormalizerReader.Read(root.Find("normalizer"));
            List<AddedToken> addedTokens = AddedTokenReader.Read(root.Find("added_tokens"), vocabulary);
            TokenTable tokens = new(vocabulary, addedTokens, normalizer);

            // what the class of the tokenizer wants goes before what the file says
            TemplatePostProcessor postProcessor = PostProcessorReader.Read(root.Find("post_processor"), tokens);
            if (File.Exists(configPath))
            {
                postProcessor = TokenizerFile.Read(configPath, config => LlamaConfig.ReadPostProcessor(config, tokens)) ?? postProcessor;
            }

            // "truncation" and "padding" are left to the caller, as transformers does
            return new Tokenizer(
                tokens,
                addedTokens,
                normalizer,
                PreTokenizerReader.Read(root.Find("pre_tokenizer")),
                model,
                postProcessor,
                DecoderReader.Read(root));
        });
    }

    private static void RequireVersion(TokenizerNode? version)
    {
        if (version is not null && version.AsText() != "1.0")
        {
            throw version.Unsupported("\"1.0\"");
        }
    }
}

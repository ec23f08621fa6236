namespace MoeGen.Tokenizers;

/// <summary>Reads the files of a tokenizer and puts its stages together.</summary>
internal static class TokenizerReader
{
    public static Tokenizer Read(string folder)
    {
        string configPath = Path.Combine(folder, "tokenizer_config.json");
        return TokenizerFile.Read(Path.Combine(folder, Tokenizer.FileName), root =>
        {
            TokenizerNode model = root.Require("model");
            DecoderReader.Require(root);
            Vocabulary vocabulary = BytePairModelReader.ReadVocabulary(model);
            List<AddedToken> addedTokens = AddedTokenReader.Read(root.Find("added_tokens"), vocabulary);
            TokenTable tokens = new(vocabulary, addedTokens, root.Find("added_tokens")?.Origin ?? "");

            // what the class of the tokenizer wants goes before what the file says
            TemplatePostProcessor postProcessor = PostProcessorReader.Read(root.Find("post_processor"), tokens);
            if (File.Exists(configPath))
            {
                postProcessor = TokenizerFile.Read(configPath, config => LlamaConfig.ReadPostProcessor(config, tokens)) ?? postProcessor;
            }

            return new Tokenizer(
                tokens,
                addedTokens,
                NormalizerReader.Read(root.Find("normalizer")),
                PreTokenizerReader.Read(root.Find("pre_tokenizer")),
                BytePairModelReader.Read(model, vocabulary),
                postProcessor);
        });
    }
}

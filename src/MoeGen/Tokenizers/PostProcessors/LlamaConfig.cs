using System.Text.Json;

namespace MoeGen.Tokenizers;

/// <summary>
/// Reads from tokenizer_config.json the one thing that tokenizer.json may not have the last word on: for the Llama tokenizer classes,
/// which DeepSeek's byte-level files name too, <c>add_bos_token</c> and <c>add_eos_token</c> take the place of the post-processor.
/// </summary>
internal static class LlamaConfig
{
    /// <summary>Returns the post-processor of a Llama-class tokenizer, or null when the file names another class or none.</summary>
    /// <param name="root">The tokenizer_config.json.</param>
    /// <param name="tokens">The tokens of the tokenizer.json beside it.</param>
    /// <exception cref="TokenizerFormatException">The file asks for a token that it does not name or that does not exist.</exception>
    public static TemplatePostProcessor? ReadPostProcessor(TokenizerNode root, TokenTable tokens)
    {
        if (root.Find("tokenizer_class")?.AsText() is not ("LlamaTokenizer" or "LlamaTokenizerFast"))
        {
            return null;
        }

        // the defaults are those of the class
        int[] prefix = root.FindFlag("add_bos_token", true) ? [FindToken(root, "bos_token", tokens)] : [];
        int[] suffix = root.FindFlag("add_eos_token", false) ? [FindToken(root, "eos_token", tokens)] : [];
        return new TemplatePostProcessor(prefix, suffix);
    }

    private static int FindToken(TokenizerNode root, string name, TokenTable tokens)
    {
        TokenizerNode token = root.Require(name);

        // either the text or an object that holds it
        string content = (token.Element.ValueKind == JsonValueKind.Object ? token.Require("content") : token).AsText();
        return tokens.TryGetId(content, out int id)
            ? id
            : throw token.Fault($"is {TokenizerNode.Quote(content)}; tokenizer.json has no such token");
    }
}

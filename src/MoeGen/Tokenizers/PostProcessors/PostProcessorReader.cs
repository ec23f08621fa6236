namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>post_processor</c> of a tokenizer.json.</summary>
internal static class PostProcessorReader
{
    public static TemplatePostProcessor Read(TokenizerNode? node, TokenTable tokens)
    {
        if (node is null)
        {
            return TemplatePostProcessor.None;
        }

        TokenizerNode type = node.Require("type");
        return type.AsText() switch
        {
            "ByteLevel" => TemplatePostProcessor.None, // changes offsets only, which MoeGen does not report
            "TemplateProcessing" => ReadTemplate(node, tokens),
            "Sequence" => ReadSequence(node.Require("processors"), tokens),
            _ => throw type.Unsupported("ByteLevel, TemplateProcessing and Sequence"),
        };
    }

    private static TemplatePostProcessor ReadSequence(TokenizerNode processors, TokenTable tokens)
    {
        TemplatePostProcessor[] templates =
            [.. processors.Items().Select(item => Read(item, tokens)).Where(template => template != TemplatePostProcessor.None)];
        return templates.Length <= 1
            ? templates.FirstOrDefault(TemplatePostProcessor.None)
            : throw processors.Fault($"has {templates.Length} templates; supported is one");
    }

    private static TemplatePostProcessor ReadTemplate(TokenizerNode node, TokenTable tokens)
    {
        TokenizerNode single = node.Require("single");
        List<int> before = [];
        List<int> behind = [];
        bool hasText = false;
        foreach (TokenizerNode item in single.Items())
        {
            if (item.Find("Sequence") is TokenizerNode sequence)
            {
                TokenizerNode id = sequence.Require("id");
                hasText = !hasText && id.AsText() == "A" ? true : throw id.Unsupported("\"A\", once in the template of a single text");
            }
            else
            {
                (hasText ? behind : before).AddRange(ReadSpecialToken(node, item.Require("SpecialToken").Require("id"), tokens));
            }
        }

        return hasText
            ? new TemplatePostProcessor([.. before], [.. behind])
            : throw single.Fault("has no place for the text: {\"Sequence\": {\"id\": \"A\"}}");
    }

    private static IEnumerable<int> ReadSpecialToken(TokenizerNode node, TokenizerNode name, TokenTable tokens)
    {
        TokenizerNode known = node.Require("special_tokens").Find(name.AsText())
            ?? throw name.Unsupported("a name from special_tokens");
        foreach (TokenizerNode item in known.Require("ids").Items())
        {
            int id = item.AsInteger();
            yield return tokens.Contains(id) ? id : throw item.Unsupported("the id of a token");
        }
    }
}

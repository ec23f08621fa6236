namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>post_processor</c> of a tokenizer.json.</summary>
/// <remarks>
/// Processors hand on a list of parts, as they do in the Rust library: a template makes a part of each of its items, and a second one in
/// a Sequence takes two parts for a pair of texts. So they are applied while reading, to a text that is not known yet.
/// </remarks>
internal sealed class PostProcessorReader
{
    private readonly TokenTable _tokens;

    private PostProcessorReader(TokenTable tokens)
    {
        _tokens = tokens;
    }

    public static TemplatePostProcessor Read(TokenizerNode? node, TokenTable tokens)
    {
        if (node is null)
        {
            return TemplatePostProcessor.None;
        }

        List<TemplatePart> parts = new PostProcessorReader(tokens).Process(node, [TemplatePart.Text]);
        int text = parts.FindIndex(part => part.HasText);
        return new TemplatePostProcessor(
            [.. parts.Take(text).SelectMany(part => part.Prefix), .. parts[text].Prefix],
            [.. parts[text].Suffix, .. parts.Skip(text + 1).SelectMany(part => part.Prefix)]);
    }

    private List<TemplatePart> Process(TokenizerNode node, List<TemplatePart> parts)
    {
        TokenizerNode type = node.Require("type");
        return type.AsText() switch
        {
            "ByteLevel" => parts, // changes offsets only, which MoeGen does not report
            "TemplateProcessing" => ApplyTemplate(node, parts),
            "BertProcessing" => Surround(node, parts, []),
            "RobertaProcessing" => Surround(node, parts, [ReadPair(node.Require("sep"))]),
            "Sequence" => node.Require("processors").Items().Aggregate(parts, (before, item) => Process(item, before)),
            _ => throw type.Unsupported("ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing and Sequence"),
        };
    }

    // the first part stands between cls and sep, others are ended by sep and may be started by one
    private List<TemplatePart> Surround(TokenizerNode node, List<TemplatePart> parts, int[] startOfOthers)
    {
        int[] cls = [ReadPair(node.Require("cls"))];
        int[] sep = [ReadPair(node.Require("sep"))];
        return [.. parts.Select((part, i) => part.Within(i == 0 ? cls : startOfOthers, sep))];
    }

    private List<TemplatePart> ApplyTemplate(TokenizerNode node, List<TemplatePart> parts)
    {
        if (parts.Count > 2)
        {
            throw node.Fault($"gets {parts.Count} parts from the processors before it; supported are up to 2");
        }

        TokenizerNode template = node.Require(parts.Count == 2 ? "pair" : "single");
        List<TemplatePart> result = [];
        foreach (TokenizerNode item in template.Items())
        {
            if (item.Find("Sequence") is TokenizerNode sequence)
            {
                TokenizerNode id = sequence.Require("id");
                result.Add(id.AsText() switch
                {
                    "A" => parts[0],
                    "B" when parts.Count == 2 => parts[1],
                    _ => throw id.Unsupported(parts.Count == 2 ? "\"A\" and \"B\"" : "\"A\", once in the template of a single text"),
                });
                if (result.Count(part => part.HasText) > 1)
                {
                    throw id.Unsupported("\"A\", once in the template of a single text");
                }
            }
            else
            {
                result.Add(TemplatePart.Of(ReadSpecialToken(node, item.Require("SpecialToken").Require("id"))));
            }
        }

        return result.Exists(part => part.HasText)
            ? result
            : throw template.Fault("has no place for the text: {\"Sequence\": {\"id\": \"A\"}}");
    }

    private int[] ReadSpecialToken(TokenizerNode node, TokenizerNode name)
    {
        TokenizerNode known = node.Require("special_tokens").Find(name.AsText())
            ?? throw name.Unsupported("a name from special_tokens");
        return [.. known.Require("ids").Items().Select(ReadId)];
    }

    // ["[CLS]", 101]
    private int ReadPair(TokenizerNode pair)
    {
        List<TokenizerNode> items = pair.Items();
        if (items.Count != 2)
        {
            throw pair.Fault("is no token; supported is [\"token\", id]");
        }

        items[0].AsText();
        return ReadId(items[1]);
    }

    private int ReadId(TokenizerNode node) =>
        _tokens.Contains(node.AsInteger()) ? node.AsInteger() : throw node.Unsupported("the id of a token");
}

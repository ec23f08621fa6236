namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>added_tokens</c> of a tokenizer.json.</summary>
internal static class AddedTokenReader
{
    /// <summary>Returns the tokens with the ids that the Rust library gives them.</summary>
    /// <remarks>
    /// A token of the vocabulary has its id there. Any other is counted on from the end of the vocabulary in the order of the file,
    /// whatever the file says: a file with gaps loads with shifted ids, and models are trained with those.
    /// </remarks>
    public static List<AddedToken> Read(TokenizerNode? node, Vocabulary vocabulary)
    {
        List<AddedToken> tokens = [];
        HashSet<string> contents = new(StringComparer.Ordinal);
        HashSet<int> declaredIds = [];
        int nextId = vocabulary.Count;
        foreach (TokenizerNode item in node?.Items() ?? [])
        {
            TokenizerNode declaredId = item.Require("id");
            if (!declaredIds.Add(declaredId.AsInteger()))
            {
                throw declaredId.Fault($"is {declaredId.AsInteger()}, like that of a token before it");
            }

            string content = item.Require("content").AsText();
            if (content.Length == 0)
            {
                continue;
            }

            if (!contents.Add(content))
            {
                throw item.Fault($"adds {TokenizerNode.Quote(content)} a second time");
            }

            if (!vocabulary.TryGetId(content, out int id))
            {
                id = nextId;
            }

            nextId = Math.Max(nextId, id + 1);
            tokens.Add(ReadOne(item, id, content));
        }

        return tokens;
    }

    private static AddedToken ReadOne(TokenizerNode node, int id, string content)
    {
        bool isSpecial = node.FindFlag("special", false);
        return new AddedToken(
            id,
            content,
            isSpecial,
            node.FindFlag("single_word", false),
            node.FindFlag("lstrip", false),
            node.FindFlag("rstrip", false),
            node.FindFlag("normalized", !isSpecial));
    }
}

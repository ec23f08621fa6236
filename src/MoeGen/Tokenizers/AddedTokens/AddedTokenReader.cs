namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>added_tokens</c> of a tokenizer.json.</summary>
internal static class AddedTokenReader
{
    /// <summary>Returns the tokens with the ids that the Rust library gives them.</summary>
    /// <remarks>
    /// A token of the vocabulary has its id there. Any other is counted on from the size of the vocabulary in the order of the file,
    /// whatever the file says: a file with gaps loads with shifted ids, and models are trained with those. Where that hits an id of the
    /// vocabulary, the added token has it; a token that comes a second time takes the place of the first.
    /// </remarks>
    public static List<AddedToken> Read(TokenizerNode? node, Vocabulary vocabulary)
    {
        Dictionary<string, AddedToken> byContent = new(StringComparer.Ordinal);
        Dictionary<int, AddedToken> byId = [];
        int nextId = vocabulary.Count;
        foreach (TokenizerNode item in node?.Items() ?? [])
        {
            item.Require("id").AsInteger();
            string content = item.Require("content").AsText();
            if (content.Length == 0)
            {
                continue;
            }

            bool isAgain = byContent.TryGetValue(content, out AddedToken? before);
            if (!vocabulary.TryGetId(content, out int id))
            {
                id = isAgain ? before!.Id : nextId++;
            }

            AddedToken token = ReadOne(item, id, content);
            byContent[content] = byId[id] = isAgain && before!.IsSpecial ? token with { IsSpecial = true } : token;
        }

        return [.. byId.Values];
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

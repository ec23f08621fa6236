namespace MoeGen.Tokenizers;

/// <summary>Reads the <c>decoder</c> of a tokenizer.json: only checks it, as long as there is one kind.</summary>
internal static class DecoderReader
{
    private const string Supported = "ByteLevel, alone or first in a Sequence with Fuse";

    public static void Require(TokenizerNode root)
    {
        TokenizerNode decoder = root.Find("decoder") ?? throw root.Fault($"has no decoder; supported is {Supported}");
        TokenizerNode type = decoder.Require("type");
        switch (type.AsText())
        {
            case "ByteLevel":
                return;
            case "Sequence":
                RequireSequence(decoder.Require("decoders"));
                return;
            default:
                throw type.Unsupported(Supported);
        }
    }

    // ByteLevel joins all tokens, so that a Fuse behind it has nothing to do; before it, it would change what ByteLevel sees
    private static void RequireSequence(TokenizerNode decoders)
    {
        List<TokenizerNode> items = decoders.Items();
        if (items.Count == 0)
        {
            throw decoders.Fault($"is empty; supported is {Supported}");
        }

        for (int i = 0; i < items.Count; i++)
        {
            TokenizerNode type = items[i].Require("type");
            if (type.AsText() != (i == 0 ? "ByteLevel" : "Fuse"))
            {
                throw type.Unsupported(Supported);
            }
        }
    }
}

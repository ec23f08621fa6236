using System.Text.Json;
using System.Text.Unicode;

namespace MoeGen.Tokenizers;

/// <summary>Opens the JSON files of a tokenizer and turns every way in which they can be damaged into one error.</summary>
internal static class TokenizerFile
{
    // the largest published tokenizer.json files have some 35 MB; more than this is no tokenizer
    private const long MaxFileBytes = 512L * 1024 * 1024;

    /// <summary>Reads a JSON file and hands its root to a reader.</summary>
    /// <param name="path">The file; it must exist.</param>
    /// <param name="read">Builds the result; it must not keep the node, whose memory is released after the call.</param>
    /// <returns>What the reader returned.</returns>
    /// <exception cref="TokenizerFormatException">The file is no well-formed JSON, or the reader rejected it.</exception>
    public static T Read<T>(string path, Func<TokenizerNode, T> read)
    {
        byte[] json = ReadBytes(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return read(TokenizerNode.Root(path, document.RootElement));
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException($"{path}: no well-formed JSON, line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", e);
        }
        catch (InvalidOperationException e)
        {
            // the parser looks at a string only when it is asked for, and has no type of its own for an escape such as \ud800
            throw new TokenizerFormatException($"{path}: a string holds half of a surrogate pair", e);
        }
    }

    private static byte[] ReadBytes(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new TokenizerFormatException($"{path}: no such file; a tokenizer is a folder with a tokenizer.json");
        }

        if (file.Length > MaxFileBytes)
        {
            throw new TokenizerFormatException($"{path}: the file has {file.Length} bytes; at most {MaxFileBytes} are read");
        }

        byte[] bytes = File.ReadAllBytes(path);
        return Utf8.IsValid(bytes) ? bytes : throw new TokenizerFormatException($"{path}: the file is not valid UTF-8");
    }
}

using System.Text;

namespace MoeGen.Cli.Evaluation;

/// <summary>A text that a model is evaluated on: one domain.</summary>
/// <param name="Name">The file's name without folder and extension; with both where another file has the same.</param>
/// <param name="Path">The file, as the user named it.</param>
/// <param name="Text">What it holds.</param>
internal sealed record TextFile(string Name, string Path, string Text)
{
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads files, before a model is loaded.</summary>
    /// <param name="paths">The files, each once.</param>
    /// <exception cref="CliException">One is missing, empty, not UTF-8, or named twice.</exception>
    public static TextFile[] ReadAll(IReadOnlyList<string> paths)
    {
        ILookup<string, string> byName = paths.ToLookup(path => System.IO.Path.GetFileNameWithoutExtension(path), StringComparer.Ordinal);
        if (paths.GroupBy(path => path, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new CliException($"{twice.Key}: is named {twice.Count()} times; expected every text once");
        }

        return
        [
            .. from path in paths
               let name = System.IO.Path.GetFileNameWithoutExtension(path)
               select new TextFile(byName[name].Count() == 1 ? name : path, path, Read(path)),
        ];
    }

    private static string Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"{path}: {(Directory.Exists(path) ? "is a folder" : "does not exist")}; expected a text file");
        }

        byte[] bytes = File.ReadAllBytes(path);
        ReadOnlySpan<byte> text = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes;
        if (text.IsEmpty)
        {
            throw new CliException($"{path}: is empty; expected a text");
        }

        try
        {
            return s_strictUtf8.GetString(text);
        }
        catch (DecoderFallbackException fault)
        {
            throw new CliException($"{path}: byte {fault.Index + bytes.Length - text.Length} is not UTF-8; expected a text file in UTF-8");
        }
    }
}

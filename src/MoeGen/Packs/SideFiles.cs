namespace MoeGen.Packs;

/// <summary>The files of a model's folder that are neither weights nor config and that running it needs.</summary>
internal static class SideFiles
{
    private static readonly string[] s_patterns =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json", "chat_template.*", "template.jinja",
    ];

    /// <summary>Copies those that there are from one folder into another.</summary>
    public static void CopyAll(string source, string destination)
    {
        foreach (string path in s_patterns.SelectMany(pattern => Directory.GetFiles(source, pattern)))
        {
            Copy(path, Path.Combine(destination, Path.GetFileName(path)));
        }
    }

    /// <summary>Copies one file; it is on the disk afterwards, and writable whatever the source is.</summary>
    public static void Copy(string source, string destination)
    {
        using FileStream from = File.OpenRead(source);
        using FileStream to = new(destination, FileMode.Create, FileAccess.Write);
        from.CopyTo(to);
        to.Flush(flushToDisk: true);
    }
}

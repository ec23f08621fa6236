using MoeGen.Weights;

namespace MoeGen.Cli.Output;

/// <summary>Writes text files that are there as a whole or not at all.</summary>
internal static class WholeFile
{
    private const string TemporarySuffix = ".tmp";

    /// <summary>Writes a file as UTF-8; one that was there before is replaced, a device or a link is written into.</summary>
    public static void Write(string path, string text)
    {
        if (SafetensorsWriter.IsNotReplaceable(path))
        {
            File.WriteAllText(path, text);
            return;
        }

        string temporary = path + TemporarySuffix;
        try
        {
            File.WriteAllText(temporary, text);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}

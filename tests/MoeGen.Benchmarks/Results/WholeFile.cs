namespace MoeGen.Benchmarks.Results;

/// <summary>Writes text files that are there as a whole or not at all.</summary>
internal static class WholeFile
{
    private const string TemporarySuffix = ".tmp";

    public static void Write(string path, string text)
    {
        File.WriteAllText(path + TemporarySuffix, text);
        File.Move(path + TemporarySuffix, path, overwrite: true);
    }
}

using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace MoeGen.Cli.Output;

/// <summary>What a measurement has to say of the machine that it ran on.</summary>
internal static class Machine
{
    private const string Unknown = "unknown";

    public static JsonObject Describe() => new()
    {
        ["processor"] = Value("/proc/cpuinfo", "model name") ?? Unknown,
        ["cores"] = Environment.ProcessorCount,
        ["memory_bytes"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        ["system"] = RuntimeInformation.OSDescription,
        ["kernel"] = Environment.OSVersion.Version.ToString(),
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
    };

    private static string? Value(string path, string key)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string? line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}

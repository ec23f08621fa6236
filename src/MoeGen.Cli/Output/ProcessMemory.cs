using System.Diagnostics;
using System.Globalization;

namespace MoeGen.Cli.Output;

/// <summary>What the operating system says of this process's memory.</summary>
internal static class ProcessMemory
{
    private const string StatusFile = "/proc/self/status";
    private const string PeakKey = "VmHWM:";

    /// <summary>The most memory that was resident at once.</summary>
    public static long PeakResidentBytes()
    {
        if (File.Exists(StatusFile))
        {
            string? line = File.ReadLines(StatusFile).FirstOrDefault(line => line.StartsWith(PeakKey, StringComparison.Ordinal));
            string? kilobytes = line?[PeakKey.Length..].Trim().Split(' ')[0];
            if (long.TryParse(kilobytes, CultureInfo.InvariantCulture, out long count))
            {
                return count * 1024;
            }
        }

        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}

using System.Diagnostics;
using System.Globalization;

namespace MoeGen.Cli.Output;

/// <summary>What the operating system says of this process's memory.</summary>
internal static class ProcessMemory
{
    private const string StatusFile = "/proc/self/status";
    private const string PeakKey = "VmHWM:";

    // proc(5): writing 5 makes the peak what is resident now
    private const string ResetFile = "/proc/self/clear_refs";
    private const string ResetPeakCode = "5";

    private static bool s_isReset;

    /// <summary>The most memory that was resident at once, since the start or the last <see cref="ResetPeak"/>.</summary>
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

    /// <summary>Forgets the peak, after what is no longer used has been given back.</summary>
    public static void ResetPeak()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            File.WriteAllText(ResetFile, ResetPeakCode);
            s_isReset = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // not Linux, or a sandbox that does not allow it
            s_isReset = false;
        }
    }

    /// <summary>The most memory since the last <see cref="ResetPeak"/>; null: the system does not forget peaks.</summary>
    public static long? PeakSinceReset() => s_isReset ? PeakResidentBytes() : null;
}

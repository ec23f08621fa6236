namespace MoeGen.Benchmarks.Report;

/// <summary>
/// What FineMoE's paper reports against other systems, time of a token and hit rate (arXiv 2502.05370): on other hardware,
/// with other models and other code, so marks to compare with and no promise.
/// </summary>
internal static class PaperMarks
{
    public const string All = "TPOT 22 to 46 % below the other systems, hit rate 14 to 68 % above those that cache single experts";

    /// <summary>The system of the paper whose method one of ours is, and its marks; null: the paper has none like it.</summary>
    public static (string System, string Tpot, string HitRate)? Of(string method) => method switch
    {
        "next-router" => ("Mixtral-Offloading", "−38 %", "+14 %"),
        "moe-infinity" => ("MoE-Infinity", "−22 %", "+68 %"),
        _ => null,
    };
}

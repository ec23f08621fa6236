namespace MoeGen.Cli;

/// <summary>Exit codes that scripts rely on.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Failed; standard error has one clear line.</summary>
    public const int Failed = 1;

    public const int WrongUsage = 2;

    /// <summary>Interrupted by Ctrl-C (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}

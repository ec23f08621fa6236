namespace MoeGen.Traces;

/// <summary>An activation trace is damaged, incomplete or not what it claims to be.</summary>
internal sealed class TraceException : MoeGenException
{
    internal TraceException(string file, string fault)
        : base($"{file}: {fault}")
    {
        File = file;
    }

    /// <summary>The file at fault.</summary>
    public string File { get; }
}

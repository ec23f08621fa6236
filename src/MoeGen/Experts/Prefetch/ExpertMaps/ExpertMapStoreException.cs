namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>The file of an expert map store does not hold what this model can use.</summary>
public sealed class ExpertMapStoreException : MoeGenException
{
    internal ExpertMapStoreException(string file, string fault)
        : base($"{file}: {fault}")
    {
        File = file;
    }

    /// <summary>The file at fault.</summary>
    public string File { get; }
}

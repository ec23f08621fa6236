namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>A plan of Virtual Experts is damaged, or belongs to another model.</summary>
public sealed class SwapPlanException : MoeGenException
{
    internal SwapPlanException(string? file, string fault)
        : base($"{file ?? "the swap plan"}: {fault}")
    {
        File = file;
    }

    /// <summary>The file at fault; null: the plan was not read from one.</summary>
    public string? File { get; }
}

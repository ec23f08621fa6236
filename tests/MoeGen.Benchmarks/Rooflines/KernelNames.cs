namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Kernels, as the page names them.</summary>
internal static class KernelNames
{
    public const string Projection = "projection";
    public const string Head = "head";
    public const string Router = "router";
    public const string Experts = "experts";
    public const string Attention = "attention";
    public const string Norm = "RmsNorm";
    public const string Rope = "rope";
    public const string Choice = "top-k";
    public const string Activation = "SwiGLU";
}

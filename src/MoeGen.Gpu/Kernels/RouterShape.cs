namespace MoeGen.Gpu.Kernels;

/// <summary>A router that takes the best of a softmax.</summary>
public struct RouterShape
{
    /// <summary>Most experts that the kernel has room for; models with more choose on the processor.</summary>
    public const int MaxExperts = 512;

    /// <summary>Most experts of a token that the kernel has room for.</summary>
    public const int MaxTopK = 32;

    /// <summary>Experts that compete.</summary>
    public int NumExperts;

    /// <summary>Experts that are chosen.</summary>
    public int TopK;

    /// <summary>1: the chosen weights are divided by their sum.</summary>
    public int Normalize;

    /// <summary>Factor on the weights.</summary>
    public float Scale;
}

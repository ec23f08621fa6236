namespace MoeGen.Kernels.Quantized;

/// <summary>What activations are quantised to before they meet quantised weights.</summary>
internal enum ActivationFormat
{
    /// <summary>8 bits, for weights of 4.</summary>
    Int8 = 1,

    /// <summary>16 bits, for weights of 8: what they lose is nothing beside what the weights have lost.</summary>
    Int16 = 2,
}

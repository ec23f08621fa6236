namespace MoeGen.Kernels;

/// <summary>
/// What stands between the two halves of a feed-forward part: gate and up become one activation, element by element (arXiv 2002.05202).
/// Of two zeros it makes a zero, because rows of activations are filled up with zeros that must stay.
/// </summary>
public interface IGatedActivation
{
    /// <summary>The activation of one vector.</summary>
    /// <param name="gate">Outputs of gate_proj.</param>
    /// <param name="up">Outputs of up_proj.</param>
    internal static abstract TVector Apply<TSimd, TVector>(TVector gate, TVector up)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;
}

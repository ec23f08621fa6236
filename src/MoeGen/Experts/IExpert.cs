using MoeGen.Kernels;

namespace MoeGen.Experts;

/// <summary>A typed view of an expert's blob, declared by generated code: three matrices at constant offsets.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
/// <typeparam name="TUp">Shape of gate_proj and up_proj: [intermediate, hidden].</typeparam>
/// <typeparam name="TDown">Shape of down_proj: [hidden, intermediate].</typeparam>
/// <typeparam name="TFormat">Format of the matrices.</typeparam>
public interface IExpert<TSelf, TUp, TDown, TFormat>
    where TSelf : struct, IExpert<TSelf, TUp, TDown, TFormat>
    where TUp : struct, IMatrixShape
    where TDown : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    /// <summary>Views the expert in a slot.</summary>
    /// <param name="slot">The slot.</param>
    static abstract TSelf At(ExpertSlot slot);

    /// <summary>Projection whose activation gates, [intermediate, hidden].</summary>
    Matrix<TUp, TFormat> GateProj { get; }

    /// <summary>Projection that is gated, [intermediate, hidden].</summary>
    Matrix<TUp, TFormat> UpProj { get; }

    /// <summary>Projection back, [hidden, intermediate].</summary>
    Matrix<TDown, TFormat> DownProj { get; }
}

using MoeGen.Kernels;

namespace MoeGen.Experts;

/// <summary>A typed view of an expert's blob, declared by generated code: matrices, and perhaps biases, at constant offsets.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
/// <typeparam name="TUp">Shape of up_proj: [intermediate, hidden].</typeparam>
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

    /// <summary>Bias of up_proj, [intermediate]; the default is none.</summary>
    /// <param name="slot">The expert's slot.</param>
    static virtual WeightVector UpBias(ExpertSlot slot) => default;

    /// <summary>Bias of down_proj, [hidden]; the default is none.</summary>
    /// <param name="slot">The expert's slot.</param>
    static virtual WeightVector DownBias(ExpertSlot slot) => default;

    /// <summary>First projection, gated where the expert has a gate, [intermediate, hidden].</summary>
    Matrix<TUp, TFormat> UpProj { get; }

    /// <summary>Projection back, [hidden, intermediate].</summary>
    Matrix<TDown, TFormat> DownProj { get; }
}

/// <summary>A typed view of an expert whose activation is gated.</summary>
/// <inheritdoc cref="IExpert{TSelf, TUp, TDown, TFormat}"/>
public interface IGatedExpert<TSelf, TUp, TDown, TFormat> : IExpert<TSelf, TUp, TDown, TFormat>
    where TSelf : struct, IGatedExpert<TSelf, TUp, TDown, TFormat>
    where TUp : struct, IMatrixShape
    where TDown : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    /// <summary>Bias of gate_proj, [intermediate]; the default is none.</summary>
    /// <param name="slot">The expert's slot.</param>
    static virtual WeightVector GateBias(ExpertSlot slot) => default;

    /// <summary>Projection whose activation gates, [intermediate, hidden].</summary>
    Matrix<TUp, TFormat> GateProj { get; }
}

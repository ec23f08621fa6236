using MoeGen.Kernels;

namespace MoeGen.Experts;

/// <summary>A place in memory that holds one expert: a blob of a fixed size at a fixed address.</summary>
public readonly unsafe struct ExpertSlot
{
    private readonly byte* _data;

    internal ExpertSlot(byte* data)
    {
        _data = data;
    }

    /// <summary>A matrix inside the blob.</summary>
    /// <typeparam name="TShape">Its shape.</typeparam>
    /// <typeparam name="TFormat">Its format.</typeparam>
    /// <param name="offset">Its first byte, from the start of the blob; a multiple of 64.</param>
    public Matrix<TShape, TFormat> Matrix<TShape, TFormat>(long offset)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        new(_data + offset);

    /// <summary>A vector inside the blob.</summary>
    /// <param name="offset">Its first byte, from the start of the blob; a multiple of 64.</param>
    /// <param name="length">Its elements, float32, zeros up to a multiple of 32.</param>
    public WeightVector Vector(long offset, int length) => new((float*)(_data + offset), length);
}

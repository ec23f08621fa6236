using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>The experts that tokens have chosen, and where they are. A choice is a pair of token and place among its experts.</summary>
public struct Choices
{
    /// <summary>Ids, best first, [tokens, topK]; below 0: dropped.</summary>
    public ArrayView<int> Ids;

    /// <summary>Their weights, [tokens, topK].</summary>
    public ArrayView<float> Weights;

    /// <summary>First word of each expert of the layer in the arena, [experts]; below 0: it is not there, or another launch computes it.</summary>
    public ArrayView<long> Places;

    /// <summary>The slots.</summary>
    public ArrayView<Words> Arena;

    /// <summary>The same memory as float32, for biases.</summary>
    public ArrayView<float> Floats;

    /// <summary>First word of the expert of a choice; below 0: there is nothing to compute.</summary>
    /// <param name="choice">The choice.</param>
    public readonly long PlaceOf(int choice)
    {
        int id = Ids[choice];
        return id < 0 ? -1 : Places[id];
    }

    /// <summary>An element of a bias of an expert.</summary>
    /// <param name="place">First word of the expert.</param>
    /// <param name="offset">Bytes before the bias.</param>
    /// <param name="element">The element.</param>
    public readonly float Bias(long place, long offset, int element) =>
        Floats[((place + (offset / Words.SizeInBytes)) * (Words.SizeInBytes / sizeof(float))) + element];
}

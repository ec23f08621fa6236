using System.Numerics;

namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// 512 bits for each embedding, so made that the share in which two differ grows with the angle between them: a search reads 64 bytes of
/// an embedding instead of its thousands, and then looks closely at the likely ones alone.
/// </summary>
/// <remarks>
/// Signs of random projections (Charikar, STOC 2002: two vectors at the angle a differ in a / pi of the bits), the projections being a
/// folding with random signs and a Walsh-Hadamard transform (Ailon and Chazelle, STOC 2006). Always the same bits for the same embedding.
/// </remarks>
internal sealed class EmbeddingSketches
{
    /// <summary>Bits of a sketch.</summary>
    public const int NumBits = 512;

    private const int NumWords = NumBits / 64;

    private readonly ulong[] _words; // [capacity, NumWords]
    private readonly ulong[] _query = new ulong[NumWords];
    private readonly float[] _folded = new float[NumBits];

    /// <summary>Creates the sketches.</summary>
    /// <param name="capacity">Most embeddings.</param>
    public EmbeddingSketches(int capacity) => _words = new ulong[(long)capacity * NumWords];

    public static long SizeInBytesOf(int capacity) => (long)capacity * NumWords * sizeof(ulong);

    /// <summary>Writes the sketch of an embedding.</summary>
    /// <param name="row">Where.</param>
    /// <param name="embedding">Of any length, [hidden] f32.</param>
    public void Put(int row, ReadOnlySpan<float> embedding) => Sketch(embedding, _words.AsSpan(row * NumWords, NumWords));

    /// <summary>Counts the bits in which the first sketches agree with an embedding's.</summary>
    /// <param name="embedding">Of any length, [hidden] f32.</param>
    /// <param name="agreements">Takes 0 to <see cref="NumBits"/> for each, [count].</param>
    public void Compare(ReadOnlySpan<float> embedding, Span<ushort> agreements)
    {
        Sketch(embedding, _query);
        (ulong q0, ulong q1, ulong q2, ulong q3) = (_query[0], _query[1], _query[2], _query[3]);
        (ulong q4, ulong q5, ulong q6, ulong q7) = (_query[4], _query[5], _query[6], _query[7]);
        for (int row = 0; row < agreements.Length; row++)
        {
            ReadOnlySpan<ulong> w = _words.AsSpan(row * NumWords, NumWords);
            int differing = BitOperations.PopCount(w[0] ^ q0) + BitOperations.PopCount(w[1] ^ q1)
                + BitOperations.PopCount(w[2] ^ q2) + BitOperations.PopCount(w[3] ^ q3)
                + BitOperations.PopCount(w[4] ^ q4) + BitOperations.PopCount(w[5] ^ q5)
                + BitOperations.PopCount(w[6] ^ q6) + BitOperations.PopCount(w[7] ^ q7);
            agreements[row] = (ushort)(NumBits - differing);
        }
    }

    private void Sketch(ReadOnlySpan<float> embedding, Span<ulong> words)
    {
        Array.Clear(_folded);
        for (int i = 0; i < embedding.Length; i++)
        {
            _folded[i % NumBits] += IsNegated(i) ? -embedding[i] : embedding[i];
        }

        Transform(_folded);
        for (int word = 0; word < NumWords; word++)
        {
            ulong bits = 0;
            for (int bit = 0; bit < 64; bit++)
            {
                bits |= _folded[(word * 64) + bit] > 0 ? 1UL << bit : 0;
            }

            words[word] = bits;
        }
    }

    // a fixed random sign for each index: the top bit of a Weyl sequence's mix (Steele, Lea and Flood, OOPSLA 2014)
    private static bool IsNegated(int index)
    {
        ulong mixed = (ulong)(index + 1) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (long)mixed < 0;
    }

    // Walsh-Hadamard, unscaled
    private static void Transform(Span<float> values)
    {
        for (int half = 1; half < values.Length; half *= 2)
        {
            for (int first = 0; first < values.Length; first += 2 * half)
            {
                for (int i = first; i < first + half; i++)
                {
                    (values[i], values[i + half]) = (values[i] + values[i + half], values[i] - values[i + half]);
                }
            }
        }
    }
}

namespace MoeGen.Weights;

/// <summary>A row of a matrix, gathered from its panel: for embeddings and for people; products never do.</summary>
internal static unsafe class PanelRow
{
    // words on the stack
    private const int WordsTogether = 64;

    /// <summary>Widens a row, or the beginning of one, to float32.</summary>
    /// <param name="row">First word of the row.</param>
    /// <param name="format">Format of the matrix.</param>
    /// <param name="destination">Receives as many elements as it has room for.</param>
    public static void Widen(byte* row, WeightFormat format, Span<float> destination)
    {
        uint* words = stackalloc uint[WordsTogether];
        int elementBytes = format.BytesPerElement(), elementsTogether = WordsTogether * MatrixLayout.WordBytes / elementBytes;
        for (int first = 0; first < destination.Length; first += elementsTogether)
        {
            int count = Math.Min(elementsTogether, destination.Length - first);
            int numWords = ((count * elementBytes) + MatrixLayout.WordBytes - 1) / MatrixLayout.WordBytes;
            for (int word = 0; word < numWords; word++, row += MatrixLayout.WordStride)
            {
                words[word] = *(uint*)row;
            }

            FloatConverter.Widen(new ReadOnlySpan<byte>(words, count * elementBytes), format, destination.Slice(first, count));
        }
    }
}

using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// Copies the tensors outside the experts into a checkpoint of their own, as they are: names, types, shapes, scales. Their values are
/// checked, so that a damaged checkpoint does not become a packed model.
/// </summary>
internal static class DenseCopy
{
    private const int BytesPerPiece = 4 << 20;

    /// <summary>Writes the file; it is there complete or not at all.</summary>
    /// <param name="plan">The tensors.</param>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops between pieces of a few MiB.</param>
    /// <exception cref="NonFiniteValueException">A tensor holds an infinity or NaN.</exception>
    public static void Write(LoadPlan plan, string path, CancellationToken cancellationToken)
    {
        plan.CheckDense(cancellationToken);

        // larger elements first, so that every tensor begins at a multiple of its elements
        SourcePart[] parts =
        [
            .. plan.DenseReads.SelectMany(read => read.Source.Parts).DistinctBy(part => part.Entry.Name)
                .OrderByDescending(part => part.Entry.Type.BytesPerElement()).ThenBy(part => part.Entry.Name, StringComparer.Ordinal),
        ];
        using SafetensorsWriter writer = new(
            path, [.. parts.Select(part => new TensorOutline(part.Entry.Name, part.Entry.Type, part.Entry.Shape))]);
        byte[] buffer = new byte[BytesPerPiece];
        foreach ((SafetensorsFile file, TensorEntry entry) in parts)
        {
            for (long done = 0; done < entry.Length; done += BytesPerPiece)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(BytesPerPiece, entry.Length - done));
                file.Read(entry.Offset + done, piece);
                writer.Write(entry.Name, done, piece);
            }
        }

        writer.Commit();
    }
}

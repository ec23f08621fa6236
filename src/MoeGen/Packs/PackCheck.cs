using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>Reads all of a packed model and checks it: the checksum of every expert, and the values of everything else.</summary>
internal static unsafe class PackCheck
{
    /// <summary>Checks a packed model.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="info">The model, with the format of the pack.</param>
    /// <param name="declarations">Its tensors.</param>
    /// <param name="options">Threads and progress.</param>
    /// <param name="cancellationToken">Stops between two experts.</param>
    /// <exception cref="CheckpointException">Something is damaged or missing.</exception>
    /// <exception cref="NonFiniteValueException">A tensor outside the experts holds an infinity or NaN.</exception>
    public static void Run(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, MoeOptions options,
        CancellationToken cancellationToken)
    {
        using WeightFiles files = WeightFiles.Open(folder, info, declarations);
        files.Plan.CheckDense(cancellationToken);
        PackLayout layout = new(info);
        BlobSweep.Run(files.Experts, layout, options, Check, cancellationToken);

        void Check(int index, byte* blob)
        {
            (int layer, int expert) = layout.Index.At(index);
            for (int piece = 0; piece < files.Experts.NumPieces; piece++)
            {
                files.Experts.Read(layer, expert, piece, blob);
            }

            files.Experts.Verify(layer, expert, blob);
        }
    }
}

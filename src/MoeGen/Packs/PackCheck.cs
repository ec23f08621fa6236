using MoeGen.Experts;
using MoeGen.Experts.Twins;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>Reads all of a packed model and checks it: the checksum of every expert and twin, and the values of everything else.</summary>
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
        if (PackLayout.HasTwins(folder))
        {
            CheckTwins(folder, info, declarations, options, cancellationToken);
        }

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

    // a twin's blob as a whole: what fills it up counts, too
    private static void CheckTwins(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, MoeOptions options,
        CancellationToken cancellationToken)
    {
        using ExpertPack pack = ExpertPack.OpenTwins(folder, info, new TwinLayout(declarations));
        using PackedExperts twins = new(pack);
        BlobSweep.Run(twins, pack.Layout, options, Check, cancellationToken);

        void Check(int index, byte* blob)
        {
            pack.File.Read(pack.OffsetOf(index), blob, pack.Layout.BlobBytes);
            pack.Verify(index, blob);
        }
    }
}

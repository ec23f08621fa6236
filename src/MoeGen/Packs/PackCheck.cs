using MoeGen.Experts.Twins;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>Reads all of a packed model and checks it: the checksum of every expert and twin, and the values of everything else.</summary>
internal static class PackCheck
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
        using PackFile experts = PackFile.Open(folder, new ExpertPackLayout(info));
        using PackFile? twins = PackLayout.HasTwins(folder)
            ? PackFile.Open(folder, ExpertPackLayout.OfTwins(info, new TwinLayout(declarations)))
            : null;
        PackFile[] all = twins is null ? [experts] : [experts, twins];
        BlobSweep sweep = new(options, all.Sum(file => file.Layout.DataBytes), cancellationToken);
        foreach (PackFile file in all)
        {
            sweep.Check(file);
        }
    }
}

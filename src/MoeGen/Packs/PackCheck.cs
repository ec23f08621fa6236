using MoeGen.Experts.Twins;
using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Packs;

/// <summary>Reads all of a packed model and compares every checksum. (Values were checked when it was packed.)</summary>
internal static class PackCheck
{
    /// <summary>Checks a packed model.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="info">The model, with the format of the pack.</param>
    /// <param name="declarations">Its tensors.</param>
    /// <param name="options">Threads and progress.</param>
    /// <param name="cancellationToken">Stops between two experts.</param>
    /// <exception cref="CheckpointException">Something is damaged or missing.</exception>
    public static void Run(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, MoeOptions options,
        CancellationToken cancellationToken)
    {
        using PackFile experts = PackFile.Open(folder, new ExpertPackLayout(info));
        using PackFile dense = PackFile.Open(folder, new DensePackLayout(info, DenseLayout.Of(declarations)));
        using PackFile? twins = PackLayout.HasTwins(folder)
            ? PackFile.Open(folder, ExpertPackLayout.OfTwins(info, new TwinLayout(declarations)))
            : null;
        PackFile[] all = [dense, experts, .. twins is null ? Array.Empty<PackFile>() : [twins]];
        BlobSweep sweep = new(options, all.Sum(file => file.Layout.DataBytes), cancellationToken);
        foreach (PackFile file in all)
        {
            sweep.Check(file);
        }
    }
}

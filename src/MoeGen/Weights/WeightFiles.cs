using MoeGen.Experts;
using MoeGen.Experts.Twins;
using MoeGen.Packs;
using MoeGen.Weights.Dense;

namespace MoeGen.Weights;

/// <summary>
/// The weights of a model's folder, a Hugging Face checkpoint or a packed model: every tensor found and checked, none of them read.
/// </summary>
internal sealed class WeightFiles : IDisposable
{
    private readonly LoadPlan? _plan; // null: a packed model
    private bool _isTaken;

    private WeightFiles(DenseLayout denseLayout, IDenseSource dense, IExpertSource experts, LoadPlan? plan)
    {
        DenseLayout = denseLayout;
        Dense = dense;
        Experts = experts;
        _plan = plan;
    }

    /// <summary>Where everything outside the experts lies in memory.</summary>
    public DenseLayout DenseLayout { get; }

    /// <summary>Where it is read from; disposed with the files.</summary>
    public IDenseSource Dense { get; }

    /// <summary>Where experts are read from; disposed with the files unless somebody has taken it.</summary>
    public IExpertSource Experts { get; }

    /// <summary>What was odd about a checkpoint, once it has been read: one line, or null.</summary>
    public string? Notice => _plan?.Notice;

    /// <summary>Opens a folder; nothing is allocated for weights.</summary>
    /// <param name="folder">Hugging Face folder, or packed model.</param>
    /// <param name="info">The model.</param>
    /// <param name="declarations">Its tensors.</param>
    /// <param name="needsTwins">Whether experts are to have twins.</param>
    /// <exception cref="CheckpointException">A file or tensor is missing, damaged or of another shape, or a pack is of another
    /// model.</exception>
    public static WeightFiles Open(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, bool needsTwins = false)
    {
        if (needsTwins && info.WeightFormat.IsQuantized())
        {
            throw QuantizedExperts(folder, info.WeightFormat);
        }

        return PackLayout.IsPacked(folder)
            ? OpenPack(folder, info, declarations, needsTwins)
            : OpenCheckpoint(folder, info, declarations, needsTwins);
    }

    /// <summary>Gives what experts are read from to somebody who disposes it; all else is closed with this.</summary>
    public IExpertSource TakeExperts()
    {
        _isTaken = true;
        return Experts;
    }

    public void Dispose()
    {
        Dense.Dispose();
        if (!_isTaken)
        {
            Experts.Dispose();
        }
    }

    private static WeightFiles OpenCheckpoint(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, bool needsTwins)
    {
        Checkpoint checkpoint = Checkpoint.Open(folder);
        try
        {
            LoadPlan plan = needsTwins ? throw NoTwins(folder) : LoadPlan.Create(checkpoint, info, declarations);
            return new WeightFiles(plan.Dense, new CheckpointDense(plan), new CheckpointExperts(checkpoint, plan, info), plan);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static WeightFiles OpenPack(
        string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, bool needsTwins)
    {
        PackFile experts = PackFile.Open(folder, new ExpertPackLayout(info));
        PackFile? dense = null;
        try
        {
            DenseLayout layout = DenseLayout.Of(declarations);
            dense = PackFile.Open(folder, new DensePackLayout(info, layout));
            IExpertTwins? twins = needsTwins ? OpenTwins(folder, info, declarations) : null;
            return new WeightFiles(layout, new PackedDense(dense), new PackedExperts(experts, twins), plan: null);
        }
        catch
        {
            experts.Dispose();
            dense?.Dispose();
            throw;
        }
    }

    private static PackedTwins OpenTwins(string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations)
    {
        TwinLayout layout = PackLayout.HasTwins(folder) ? new(declarations) : throw NoTwins(folder);
        return new PackedTwins(PackFile.Open(folder, ExpertPackLayout.OfTwins(info, layout)), layout);
    }

    private static CheckpointException QuantizedExperts(string folder, WeightFormat format) => new(
        folder, $"has experts in {format.ToString().ToLowerInvariant()}, which no twins stand in for; the offloading method expects experts "
        + "in f32, f16 or bf16: run `moegen pack MODEL -o DIR --format bf16 --twins q4`");

    private static CheckpointException NoTwins(string folder) => new(
        folder, $"has no {PackLayout.TwinsFileName}, which the offloading method reads; "
        + "expected a packed model with twins: run `moegen pack MODEL -o DIR --twins q4`");
}

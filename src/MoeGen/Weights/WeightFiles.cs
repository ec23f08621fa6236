using MoeGen.Experts;
using MoeGen.Experts.Twins;
using MoeGen.Packs;

namespace MoeGen.Weights;

/// <summary>
/// The weights of a model's folder, a Hugging Face checkpoint or a packed model: every tensor found and checked, none of them read.
/// </summary>
internal sealed class WeightFiles : IDisposable
{
    private readonly Checkpoint? _checkpoint; // null: the experts' source owns it
    private bool _isTaken;

    private WeightFiles(Checkpoint? checkpoint, LoadPlan plan, IExpertSource experts)
    {
        _checkpoint = checkpoint;
        Experts = experts;
        Plan = plan;
    }

    /// <summary>What to read for everything outside the experts.</summary>
    public LoadPlan Plan { get; }

    /// <summary>Where experts are read from; disposed with the files unless somebody has taken it.</summary>
    public IExpertSource Experts { get; }

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
        Checkpoint checkpoint = Checkpoint.Open(folder);
        try
        {
            if (needsTwins && !(PackLayout.IsPacked(folder) && PackLayout.HasTwins(folder)))
            {
                throw new CheckpointException(
                    folder, $"has no {PackLayout.TwinsFileName}, which the offloading method reads; "
                    + "expected a packed model with twins: run `moegen pack MODEL -o DIR --twins q4`");
            }

            if (!PackLayout.IsPacked(folder))
            {
                LoadPlan plan = LoadPlan.Create(checkpoint, info, declarations);
                return new WeightFiles(null, plan, new CheckpointExperts(checkpoint, plan, info));
            }

            LoadPlan dense = LoadPlan.Create(checkpoint, info, [.. declarations.Where(declaration => declaration.ExpertOffset is null)]);
            return new WeightFiles(checkpoint, dense, OpenPack(folder, info, declarations, needsTwins));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Gives what experts are read from to somebody who disposes it; all else is closed with this.</summary>
    public IExpertSource TakeExperts()
    {
        _isTaken = true;
        return Experts;
    }

    public void Dispose()
    {
        _checkpoint?.Dispose();
        if (!_isTaken)
        {
            Experts.Dispose();
        }
    }

    private static PackedExperts OpenPack(string folder, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, bool needsTwins)
    {
        PackFile experts = PackFile.Open(folder, new ExpertPackLayout(info));
        try
        {
            TwinLayout? layout = needsTwins ? new TwinLayout(declarations) : null;
            return new PackedExperts(
                experts, layout is null ? null : new PackedTwins(PackFile.Open(folder, ExpertPackLayout.OfTwins(info, layout)), layout));
        }
        catch
        {
            experts.Dispose();
            throw;
        }
    }
}

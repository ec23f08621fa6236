using System.Runtime.InteropServices;
using MoeGen.Experts;
using MoeGen.Experts.Twins;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// Turns a Hugging Face folder into a packed model. Everything is written into a folder inside the destination, from which a run that was
/// interrupted goes on, and moved to its place when it is complete, the pack itself last: a folder that has it is whole.
/// </summary>
/// <param name="source">The Hugging Face folder.</param>
/// <param name="destination">The folder of the packed model.</param>
/// <param name="info">The model, with the format of the pack.</param>
/// <param name="declarations">Its tensors.</param>
/// <param name="makesTwins">Whether the pack gets a twin of every expert, see <see cref="TwinLayout"/>.</param>
internal sealed unsafe class ModelPacker(
    string source, string destination, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, bool makesTwins = false)
{
    /// <summary>Name of the folder inside the destination that holds an unfinished pack.</summary>
    public const string PartialName = "pack.partial";

    private const string ConfigName = "config.json";

    /// <summary>Whether a folder holds a pack that is not finished.</summary>
    public static bool IsPartial(string folder) => Directory.Exists(Path.Combine(folder, PartialName));

    /// <summary>Packs, or goes on packing.</summary>
    /// <param name="options">Threads, progress and notices.</param>
    /// <param name="cancellationToken">Stops between two experts; what is finished stays for the next run.</param>
    /// <exception cref="CheckpointException">The checkpoint is incomplete or damaged; nothing is left behind.</exception>
    /// <exception cref="NonFiniteValueException">A tensor holds an infinity or NaN; nothing is left behind.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Pack(MoeOptions options, CancellationToken cancellationToken)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        LoadPlan plan = LoadPlan.Create(checkpoint, info, declarations);
        using CheckpointExperts experts = new(checkpoint, plan, info);
        StagedFolder partial = new(destination, PartialName);

        // what another run has left, or is still writing, stays unless the checkpoint turns out to be damaged
        bool isKept = partial.WasThere;
        try
        {
            ExpertPackLayout layout = new(info);
            using (PackWriter writer = new(partial.Path, layout, PackOrigin.Of(source, layout)))
            using (DenseMaker dense = new(partial.Path, source, info, plan))
            {
                try
                {
                    using TwinMaker? twins = OpenTwins(partial);
                    BlobSweep sweep = new(options, dense.Layout.DataBytes + layout.DataBytes, cancellationToken);
                    dense.Write(sweep, cancellationToken);
                    WriteExperts(experts, layout, writer, twins, sweep, cancellationToken);
                    SideFiles.CopyAll(source, partial.Path);
                    SideFiles.Copy(Path.Combine(source, ConfigName), partial[ConfigName]);
                    dense.Finish();
                    writer.Finish();
                    twins?.Finish();
                }
                finally
                {
                    isKept = writer.HasFinished || dense.HasFinished;
                }
            }

            isKept = true;
            partial.Publish(
                last: PackLayout.FileName, layout.JournalName, PackLayout.JournalOf(PackLayout.DenseFileName),
                PackLayout.JournalOf(PackLayout.TwinsFileName));
        }
        catch (MoeGenException)
        {
            isKept = false;
            throw;
        }
        finally
        {
            if (!isKept)
            {
                partial.Discard();
            }
        }

        if (plan.Notice is { } notice)
        {
            options.Notice?.Invoke(notice);
        }
    }

    private TwinMaker? OpenTwins(StagedFolder partial)
    {
        if (makesTwins)
        {
            return new TwinMaker(partial.Path, source, info, declarations);
        }

        // of an earlier run that was to have them
        File.Delete(partial[PackLayout.TwinsFileName]);
        File.Delete(partial[PackLayout.JournalOf(PackLayout.TwinsFileName)]);
        return null;
    }

    private static void WriteExperts(
        CheckpointExperts experts, ExpertPackLayout layout, PackWriter writer, TwinMaker? twins, BlobSweep sweep,
        CancellationToken cancellationToken)
    {
        // in the order of the checkpoint's files
        sweep.Run(layout, Enumerable.Range(0, layout.NumBlobs).OrderBy(PositionOf), Write);

        long PositionOf(int index)
        {
            (int layer, int expert) = layout.Index.At(index);
            return experts.PositionOf(layer, expert);
        }

        void Write(int index, byte* blob)
        {
            if (!writer.IsFinished(index, blob))
            {
                // the source leaves alone what belongs to no value
                NativeMemory.Clear(blob, checked((nuint)layout.BlobBytes));
                (int layer, int expert) = layout.Index.At(index);
                for (int piece = 0; piece < experts.NumPieces; piece++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    experts.Read(layer, expert, piece, blob);
                }

                writer.Write(index, blob);
            }

            twins?.Write(index, blob);
        }
    }
}

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
    private const string DenseName = "model.safetensors";

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
        using WeightFiles files = WeightFiles.Open(source, info, declarations);
        StagedFolder partial = new(destination, PartialName);

        // what another run has left, or is still writing, stays unless the checkpoint turns out to be damaged
        bool isKept = partial.WasThere;
        try
        {
            ExpertPackLayout layout = new(info);
            using (PackWriter writer = new(partial.Path, layout, PackOrigin.Of(source, layout)))
            {
                try
                {
                    using TwinMaker? twins = OpenTwins(partial);
                    WriteExperts(files.Experts, layout, writer, twins, options, cancellationToken);
                    WriteRest(files.Plan, partial, cancellationToken);
                    writer.Finish();
                    twins?.Finish();
                }
                finally
                {
                    isKept = writer.HasFinished;
                }
            }

            isKept = true;
            partial.Publish(last: PackLayout.FileName, layout.JournalName, PackLayout.JournalOf(PackLayout.TwinsFileName));
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

        if (files.Plan.Notice is { } notice)
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
        IExpertSource experts, ExpertPackLayout layout, PackWriter writer, TwinMaker? twins, MoeOptions options,
        CancellationToken cancellationToken)
    {
        // in the order of the checkpoint's files
        new BlobSweep(options, layout.DataBytes, cancellationToken)
            .Run(layout, Enumerable.Range(0, layout.NumBlobs).OrderBy(PositionOf), Write);

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

    private void WriteRest(LoadPlan plan, StagedFolder partial, CancellationToken cancellationToken)
    {
        if (!File.Exists(partial[DenseName]))
        {
            DenseCopy.Write(plan, partial[DenseName], cancellationToken);
        }

        SideFiles.CopyAll(source, partial.Path);
        SideFiles.Copy(Path.Combine(source, ConfigName), partial[ConfigName]);
    }
}

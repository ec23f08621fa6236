using MoeGen.Cli.Models;
using MoeGen.Packs;
using MoeGen.Weights;

namespace MoeGen.Cli.Inflation;

/// <summary>Writes a Hugging Face folder with wider experts: there complete or not at all.</summary>
internal static class ModelInflater
{
    /// <summary>Name of the folder inside the destination that holds what is not finished.</summary>
    public const string PartialName = "inflate.partial";
    private const string ConfigName = "config.json";
    public const string WeightsName = "model.safetensors";

    /// <summary>Writes the folder.</summary>
    /// <param name="source">The model.</param>
    /// <param name="info">The model as it is.</param>
    /// <param name="declarations">Its tensors as they are.</param>
    /// <param name="plan">How it becomes wider.</param>
    /// <param name="destination">The folder to make.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Stops; nothing is left behind.</param>
    /// <exception cref="CheckpointException">The checkpoint is incomplete or damaged.</exception>
    /// <exception cref="CliException">It is quantised.</exception>
    public static void Write(
        ModelFolder source, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations, InflationPlan plan, string destination,
        IProgress<LoadProgress> progress, CancellationToken cancellationToken)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source.Path);
        LoadPlan tensors = LoadPlan.Create(checkpoint, info, declarations);
        RefuseQuantised(tensors);
        SourcePart[] parts =
        [
            .. tensors.Sources.SelectMany(tensor => tensor.Parts).DistinctBy(part => part.Entry.Name)
                .OrderByDescending(part => part.Entry.Type.BytesPerElement()).ThenBy(part => part.Entry.Name, StringComparer.Ordinal),
        ];
        StagedFolder staged = new(destination, PartialName);
        bool isDone = false;
        try
        {
            WriteWeights(parts, plan, staged[WeightsName], progress, cancellationToken);
            SideFiles.CopyAll(source.Path, staged.Path);
            File.WriteAllText(staged[ConfigName], plan.Config);
            staged.Publish(last: ConfigName);
            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                staged.Discard();
            }
        }
    }

    private static void RefuseQuantised(LoadPlan tensors)
    {
        if (tensors.Sources.FirstOrDefault(tensor => tensor.Format is null) is { } tensor)
        {
            throw new CliException(
                $"{tensor.File.Path}: tensor {tensor.Entry.Name} is quantised; expected F32, F16 or BF16, which alone can be widened");
        }
    }

    private static void WriteWeights(
        SourcePart[] parts, InflationPlan plan, string path, IProgress<LoadProgress> progress, CancellationToken cancellationToken)
    {
        TensorOutline[] outlines = [.. parts.Select(part => WideTensorWriter.Outline(part, plan.WideningOf(part.Entry.Name)))];
        long total = outlines.Sum(outline => outline.Length), done = 0;
        using SafetensorsWriter writer = new(path, outlines);
        WideTensorWriter tensors = new(writer, count => progress.Report(new LoadProgress(done += count, total)), cancellationToken);
        foreach (SourcePart part in parts)
        {
            tensors.Copy(part, plan.WideningOf(part.Entry.Name));
        }

        writer.Commit();
    }
}

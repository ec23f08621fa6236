using MoeGen.Cli.Output;
using MoeGen.Generator.Spec;
using MoeGen.Weights;
using WeightFormat = MoeGen.Generator.Spec.WeightFormat;

namespace MoeGen.Cli.Models;

/// <summary>From MODEL to a loaded model: config, code, weights.</summary>
internal static class ModelLoader
{
    /// <summary>Finds or compiles the code and loads the weights, with progress on standard error.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">Threads, context and budget.</param>
    /// <param name="streams">Where progress and notes go.</param>
    /// <param name="origin">Where the code came from.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <param name="format">How to hold the matrices; null: exactly, or as they are packed.</param>
    public static MoeModel Load(
        ModelFolder folder, MoeOptions options, CliStreams streams, out CodeOrigin origin, CancellationToken cancellationToken,
        WeightFormat? format = null)
    {
        List<string> notices = [];
        options = GpuBackend.Check(options, notices.Add);
        ModelFactory factory = FindFactory(folder, streams, format, options.Device != Device.Cpu);
        origin = factory.Origin;
        MoeModel model;
        using (ProgressLine progress = new(streams, "loading weights"))
        {
            model = factory.Load(folder.Path, options with { Progress = progress, Notice = notices.Add }, cancellationToken);
        }

        // behind the progress, so that each has a line of its own
        foreach (string notice in notices)
        {
            streams.Error.WriteLine("moegen: " + notice);
        }

        return model;
    }

    /// <summary>Finds or compiles the code of a model.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="streams">Where notes go.</param>
    /// <param name="format">How to hold the matrices; null: exactly, or as they are packed.</param>
    /// <param name="hasGpuHalf">With code for a GPU; the backend is there.</param>
    public static ModelFactory FindFactory(
        ModelFolder folder, CliStreams streams, WeightFormat? format = null, bool hasGpuHalf = false)
    {
        ModelSpec spec = format is null ? ReadExactSpec(folder, streams) : folder.ReadSpec(streams, format);
        ModelFactory? builtIn = hasGpuHalf ? null : BuiltInModel.Find(SpecFingerprint.Of(spec));
        return builtIn ?? ModelCompiler.GetOrCompile(spec, text => streams.Error.WriteLine("moegen: " + text), hasGpuHalf);
    }

    /// <summary>
    /// The spec with the format that holds the checkpoint's matrices exactly; for a packed model, with the format of the pack.
    /// </summary>
    public static ModelSpec ReadExactSpec(ModelFolder folder, CliStreams streams)
    {
        ModelSpec spec = folder.ReadSpec(streams);
        if (folder.IsPacked)
        {
            return spec;
        }

        using Checkpoint checkpoint = Checkpoint.Open(folder.Path);
        return spec with { WeightFormat = ExactFormat.Of(spec, checkpoint) };
    }
}

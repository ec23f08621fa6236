using MoeGen.Generator.Spec;
using MoeGen.Packs;
using MoeGen.Weights;
using WeightFormat = MoeGen.Generator.Spec.WeightFormat;

namespace MoeGen.Cli.Models;

/// <summary>The folder that MODEL names: a Hugging Face folder, a packed model, or one that came with the tool.</summary>
/// <param name="Path">The folder, as the user named it where he did.</param>
/// <param name="Name">What to call the model.</param>
internal sealed record ModelFolder(string Path, string Name)
{
    /// <summary>The model that runs when none is named.</summary>
    public const string DemoName = "demo";

    private const string ConfigName = "config.json";

    // the largest published config has 100 kB
    private const long MaxConfigBytes = 16_000_000;

    private static readonly string s_modelsFolder = System.IO.Path.Combine(AppContext.BaseDirectory, "models");

    public string ConfigPath => System.IO.Path.Combine(Path, ConfigName);

    /// <summary>Whether `moegen pack` has written the folder.</summary>
    public bool IsPacked => PackLayout.IsPacked(Path);

    /// <summary>Names of the models that came with the tool.</summary>
    public static IReadOnlyList<string> KnownNames
    {
        get
        {
            string[] folders = Directory.Exists(s_modelsFolder) ? Directory.GetDirectories(s_modelsFolder) : [];
            return [.. folders.Select(folder => System.IO.Path.GetFileName(folder)).Order(StringComparer.OrdinalIgnoreCase)];
        }
    }

    /// <summary>Finds the folder.</summary>
    /// <param name="model">A folder, or the name of a model that came with the tool.</param>
    /// <exception cref="CliException">It is neither.</exception>
    public static ModelFolder Find(string model)
    {
        if (Directory.Exists(model))
        {
            string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(model));
            return new ModelFolder(model, System.IO.Path.GetFileName(full));
        }

        string? known = KnownNames.FirstOrDefault(name => string.Equals(name, model, StringComparison.OrdinalIgnoreCase));
        return known is not null
            ? new ModelFolder(System.IO.Path.Combine(s_modelsFolder, known), known)
            : throw new CliException(
                $"{model}: no such folder and no such model; expected a Hugging Face folder or one of {string.Join(", ", KnownNames)}");
    }

    /// <summary>Reads and checks config.json.</summary>
    /// <param name="streams">Warnings go to standard error.</param>
    /// <param name="format">How to hold the matrices; null: as the model is packed or, where it is not, as the config says.</param>
    /// <exception cref="CliException">The config is missing or wrong; the message has file, line and column.</exception>
    /// <exception cref="CheckpointException">The pack is damaged.</exception>
    public ModelSpec ReadSpec(CliStreams streams, WeightFormat? format = null)
    {
        // packing was not finished where its folder is still there: it must not be taken for a checkpoint without experts
        if (!IsPacked && ModelPacker.IsPartial(Path))
        {
            throw new CliException($"{Path}: holds a pack that is not finished; run the same `moegen pack` again to go on with it");
        }

        FileInfo file = new(ConfigPath);
        if (!file.Exists)
        {
            throw new CliException($"{ConfigPath}: does not exist; expected the config.json of a Hugging Face model");
        }

        if (file.Length > MaxConfigBytes)
        {
            throw new CliException($"{ConfigPath}: has {file.Length} bytes; expected at most {MaxConfigBytes}");
        }

        format ??= PackFile.FormatOf(Path) is { } packed ? Enum.Parse<WeightFormat>(packed.ToString()) : null;
        SpecResult result = ModelSpecReader.Read(File.ReadAllText(ConfigPath), format);
        foreach (SpecDiagnostic warning in result.Diagnostics.Where(diagnostic => !diagnostic.Rule.IsError))
        {
            streams.Error.WriteLine("warning: " + warning.ToString(ConfigPath));
        }

        if (result.Spec is null)
        {
            SpecDiagnostic[] errors = [.. result.Diagnostics.Where(diagnostic => diagnostic.Rule.IsError)];
            string more = errors.Length > 1 ? $" (and {errors.Length - 1} more)" : "";
            throw new CliException(errors[0].ToString(ConfigPath) + more);
        }

        return result.Spec;
    }
}

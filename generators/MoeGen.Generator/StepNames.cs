namespace MoeGen.Generator;

/// <summary>Names of the pipeline's steps, by which tests see what ran again.</summary>
internal static class StepNames
{
    public const string Items = nameof(Items);
    public const string DuplicateNames = nameof(DuplicateNames);
    public const string Results = nameof(Results);
    public const string Models = nameof(Models);
    public const string Runtime = nameof(Runtime);
    public const string GpuRuntime = nameof(GpuRuntime);

    /// <summary>The step that gathers the facts of one generated file.</summary>
    public static string Feature(string name) => "Feature." + (name.Length == 0 ? "Model" : name);
}

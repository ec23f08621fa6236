using MoeGen.Models;

namespace MoeGen.Cli.Models;

/// <summary>The model whose code was generated when the tool was built: the one that runs without being named.</summary>
internal static class BuiltInModel
{
    private static readonly ModelFactory s_demo = new(Demo.ModelInfo, Demo.Load, CodeOrigin.BuiltIn);

    /// <summary>The model generated from an equal spec, or null.</summary>
    public static ModelFactory? Find(string fingerprint) => fingerprint == s_demo.Info.Fingerprint ? s_demo : null;
}

using MoeGen.Models;

namespace MoeGen.Cli.Models;

/// <summary>Models whose code was generated when the tool was built.</summary>
internal static class BuiltInModels
{
    private static readonly ModelFactory[] s_all =
    [
        new(Demo.ModelInfo, Demo.Load, CodeOrigin.BuiltIn),
        new(Mixtral_8x22B_v0_1.ModelInfo, Mixtral_8x22B_v0_1.Load, CodeOrigin.BuiltIn),
        new(Mixtral_8x7B_v0_1.ModelInfo, Mixtral_8x7B_v0_1.Load, CodeOrigin.BuiltIn),
        new(Qwen3_235B_A22B.ModelInfo, Qwen3_235B_A22B.Load, CodeOrigin.BuiltIn),
        new(Qwen3_30B_A3B.ModelInfo, Qwen3_30B_A3B.Load, CodeOrigin.BuiltIn),
    ];

    /// <summary>The model generated from an equal spec, or null.</summary>
    public static ModelFactory? Find(string fingerprint) => s_all.FirstOrDefault(model => model.Info.Fingerprint == fingerprint);
}

using System;
using System.Collections.Generic;
using System.Linq;

namespace MoeGen.Generator.Spec.Families;

/// <summary>The families that MoeGen can generate. A new family is one more entry here.</summary>
internal static class FamilyCatalog
{
    public static IReadOnlyList<Family> All { get; } =
    [
        DeepSeekV2.Family, DeepSeekV3.Family, DeepSeekV3.KimiK2, Glm4Moe.Family, GptOss.Family, GraniteMoe.Family, Llama4Text.Family,
        Mixtral.Family, Olmoe.Family, PhiMoe.Family, Qwen2Moe.Family, Qwen3Moe.Family, SwitchTransformers.Family,
    ];

    /// <summary>Every <c>model_type</c>, in ordinal order.</summary>
    public static IReadOnlyList<string> ModelTypes { get; } =
        All.Select(family => family.ModelType).OrderBy(type => type, StringComparer.Ordinal).ToArray();

    public static Family? Find(string modelType) => All.FirstOrDefault(family => family.ModelType == modelType);
}

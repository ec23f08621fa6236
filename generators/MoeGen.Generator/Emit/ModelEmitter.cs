using System.Collections.Generic;
using MoeGen.Generator.Emit.Attention;
using MoeGen.Generator.Emit.Config;
using MoeGen.Generator.Emit.Decoder;
using MoeGen.Generator.Emit.Encoder;
using MoeGen.Generator.Emit.Experts;
using MoeGen.Generator.Emit.FeedForward;
using MoeGen.Generator.Emit.Gpu;
using MoeGen.Generator.Emit.Kernels;
using MoeGen.Generator.Emit.Layers;
using MoeGen.Generator.Emit.Model;
using MoeGen.Generator.Emit.Pass;
using MoeGen.Generator.Emit.Router;
using MoeGen.Generator.Emit.WeightMap;

namespace MoeGen.Generator.Emit;

/// <summary>Writes all files of a model at once, where no compiler keeps track of what has changed.</summary>
internal static class ModelEmitter
{
    /// <summary>The generated files, from the outside in.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<GeneratedFile> Emit(ModelDeclaration model) =>
    [
        Emit(new ModelFeature(), model),
        Emit(new ConfigFeature(), model),
        .. EmitPass(model),
        Emit(new ExpertsFeature(), model),
        Emit(new KernelsFeature(), model),
        Emit(new WeightMapFeature(), model),
        .. model.HasGpuHalf ? EmitGpuHalf(model with { Name = model.Name with { IsGpu = true } }) : [],
    ];

    private static IReadOnlyList<GeneratedFile> EmitGpuHalf(ModelDeclaration model) =>
    [
        Emit(new GpuHalfFeature(), model),
        .. EmitPass(model),
        Emit(new GpuMatricesFeature(), model),
    ];

    // what a forward pass does: in both halves the same text, with other names
    private static IReadOnlyList<GeneratedFile> EmitPass(ModelDeclaration model) =>
    [
        .. model.Spec.Encoder is null ? [] : new[] { Emit(new EncoderFeature(), model) },
        Emit(new DecoderFeature(), model),
        Emit(new LayersFeature(), model),
        Emit(new AttentionFeature(), model),
        Emit(new FeedForwardFeature(), model),
        Emit(new RouterFeature(), model),
        Emit(new PassFeature(), model),
    ];

    private static GeneratedFile Emit<TInfo>(Feature<TInfo> feature, ModelDeclaration model)
        where TInfo : FeatureInfo, System.IEquatable<TInfo> =>
        feature.Emit(feature.GetInfo(model));
}

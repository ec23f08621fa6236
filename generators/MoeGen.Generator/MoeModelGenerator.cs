using System;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using MoeGen.Generator.Emit;
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
using MoeGen.Generator.Spec;

namespace MoeGen.Generator;

/// <summary>
/// Turns every <c>MoeModel</c> item of a project into a typed model. The only part of the generator that knows Roslyn: it connects
/// <see cref="Spec"/> and <see cref="Emit"/> to the compiler.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class MoeModelGenerator : IIncrementalGenerator
{
    private const string RuntimeType = "MoeGen.MoeModel";
    private const string GpuCompilerType = "ILGPU.Index1D";
    private const string GpuRuntimeType = "MoeGen.Gpu.Kernels.IGpuMatrix";
    private const string RuntimePackage = "MoeGen";
    private const string GpuPrefix = "Gpu.";

    // no byte order mark, so that the emitted file is the text to the byte
    private static readonly Encoding s_utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // every config.json with its item's metadata
        IncrementalValuesProvider<ModelItem> items = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Where(static pair => ModelItem.IsModel(pair.Left, pair.Right))
            .Select(static (pair, cancellation) => ModelItem.Read(pair.Left, pair.Right, cancellation))
            .WithTrackingName(StepNames.Items);

        // names that two items share: both would write the same files
        IncrementalValueProvider<EquatableArray<string>> duplicates = items
            .Select(static (item, _) => item.ClassName)
            .Collect()
            .Select(static (names, _) => new EquatableArray<string>(
                names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1).Select(group => group.Key)))
            .WithTrackingName(StepNames.DuplicateNames);

        // the spec, or what is wrong with the config
        IncrementalValuesProvider<ModelResult> results = items
            .Combine(duplicates)
            .Select(static (pair, _) => ModelResult.From(pair.Left, pair.Right))
            .WithTrackingName(StepNames.Results);

        // diagnostics have places in the file, which move when it is reformatted; the model has none and stays equal
        IncrementalValuesProvider<ModelDeclaration> models = results
            .Where(static result => result.Model is not null)
            .Select(static (result, _) => result.Model!)
            .WithTrackingName(StepNames.Models);
        IncrementalValueProvider<bool> hasRuntime = context.CompilationProvider
            .Select(static (compilation, _) => compilation.GetTypeByMetadataName(RuntimeType) is not null)
            .WithTrackingName(StepNames.Runtime);

        // ILGPU is optional: without it, or without our half of the runtime, models have no GPU half
        IncrementalValueProvider<bool> hasGpuRuntime = context.CompilationProvider
            .Select(static (compilation, _) =>
                compilation.GetTypeByMetadataName(GpuCompilerType) is not null
                && compilation.GetTypeByMetadataName(GpuRuntimeType) is not null)
            .WithTrackingName(StepNames.GpuRuntime);

        context.RegisterSourceOutput(results.Combine(hasRuntime), static (output, pair) => Report(output, pair.Left, pair.Right));

        // one step and one file for each feature: a change of the config re-emits the files that show it
        IncrementalValuesProvider<ModelDeclaration> compilable = models
            .Combine(hasRuntime)
            .Where(static pair => pair.Right)
            .Select(static (pair, _) => pair.Left);
        IncrementalValuesProvider<ModelDeclaration> withHalves = compilable
            .Combine(hasGpuRuntime)
            .Select(static (pair, _) => pair.Left with { HasGpuHalf = pair.Right });
        Register(context, withHalves, new ModelFeature());
        Register(context, compilable, new ConfigFeature());
        RegisterPass(context, compilable, prefix: "");
        Register(context, compilable, new ExpertsFeature());
        Register(context, compilable, new KernelsFeature());
        Register(context, compilable, new WeightMapFeature());

        // the same pass once more, with the names of the GPU half
        IncrementalValuesProvider<ModelDeclaration> gpuHalves = withHalves
            .Where(static model => model.HasGpuHalf)
            .Select(static (model, _) => model with { Name = model.Name with { IsGpu = true } });
        Register(context, gpuHalves, new GpuHalfFeature(), GpuPrefix);
        Register(context, gpuHalves, new GpuMatricesFeature(), GpuPrefix);
        RegisterPass(context, gpuHalves, GpuPrefix);
    }

    // what a forward pass does
    private static void RegisterPass(
        IncrementalGeneratorInitializationContext context, IncrementalValuesProvider<ModelDeclaration> models, string prefix)
    {
        Register(context, models.Where(static model => model.Spec.Encoder is not null), new EncoderFeature(), prefix);
        Register(context, models, new DecoderFeature(), prefix);
        Register(context, models, new LayersFeature(), prefix);
        Register(context, models, new AttentionFeature(), prefix);
        Register(context, models, new FeedForwardFeature(), prefix);
        Register(context, models, new RouterFeature(), prefix);
        Register(context, models, new PassFeature(), prefix);
    }

    private static void Register<TInfo>(
        IncrementalGeneratorInitializationContext context, IncrementalValuesProvider<ModelDeclaration> models, Feature<TInfo> feature,
        string prefix = "")
        where TInfo : FeatureInfo, IEquatable<TInfo>
    {
        IncrementalValuesProvider<TInfo> infos = models
            .Select((model, _) => feature.GetInfo(model))
            .WithTrackingName(StepNames.Feature(prefix + feature.Name));
        context.RegisterSourceOutput(infos, (output, info) =>
        {
            GeneratedFile file = feature.Emit(info);
            output.AddSource(file.HintName, SourceText.From(file.Text, s_utf8));
        });
    }

    private static void Report(SourceProductionContext output, ModelResult result, bool hasRuntime)
    {
        foreach (SpecDiagnostic diagnostic in result.Diagnostics)
        {
            output.ReportDiagnostic(RoslynDiagnostics.Create(diagnostic, result.Path));
        }

        if (!hasRuntime)
        {
            output.ReportDiagnostic(RoslynDiagnostics.Create(
                new SpecDiagnostic(SpecRules.MissingRuntime, Spec.Json.TextRange.Origin, RuntimePackage), result.Path));
        }
    }
}

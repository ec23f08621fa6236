using System.CommandLine;
using System.Globalization;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Generator.Emit.Attention;
using MoeGen.Generator.Spec;
using Spectre.Console;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen inspect MODEL`: what a config means, in layers, parameters and bytes. Needs no weights.</summary>
internal sealed class InspectCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "Folder with a config.json, or the name of a model." };
    private readonly Option<int?> _context = RunOptions.Positive(
        "--context", $"Context of the smallest budget; default: the model's, at most {MoeOptions.DefaultContextLength}.");
    private readonly Option<WeightFormat?> _format = new("--format")
    {
        Description = "How matrices are held; default: as the config says.",
    };

    private readonly Option<string> _kvFormat = RunOptions.CreateKvFormat();
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly CliStreams _streams;

    private InspectCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        InspectCommand inspect = new(streams);
        Command command = new("inspect", "Tells what a model is: layers, experts, bytes, budgets.")
        {
            inspect._model, inspect._context, inspect._format, inspect._kvFormat, inspect._json,
        };
        CommandLine.SetAction(command, inspect.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model)!);
        ModelSpec spec = folder.ReadSpec(_streams, parsed.GetValue(_format));
        ModelInfo info = SpecInfo.Of(spec, folder.Name);
        MoeOptions options = new()
        {
            ContextLength = parsed.GetValue(_context),
            KeyValueFormat = RunOptions.ReadKvFormat(parsed, _kvFormat),
        };
        MemoryPlan plan = MemoryPlan.Largest(info, options);
        if (parsed.GetValue(_json))
        {
            WriteJson(info, options.KeyValueFormat, plan);
        }
        else
        {
            WriteText(spec, info, options, plan);
        }
    }

    private void WriteJson(ModelInfo info, KeyValueFormat format, MemoryPlan plan) =>
        Json.WriteObject(_streams, json =>
        {
            json.WriteString("name", info.Name);
            json.WriteString("model_type", info.ModelType);
            json.WriteString("fingerprint", info.Fingerprint);
            json.WriteString("format", info.WeightFormat.ToString());
            json.WriteNumber("total_params", info.TotalParameters);
            json.WriteNumber("active_params", info.ActiveParameters);
            json.WriteNumber("layers", info.NumLayers);
            if (info.HasEncoder)
            {
                json.WriteNumber("encoder_layers", info.NumEncoderLayers);
            }

            json.WriteNumber("sparse_layers", info.SparseLayers.Count);
            json.WriteNumber("experts", info.NumExperts);
            json.WriteNumber("top_k", info.TopK);
            if (info.ExpertCapacity is { } capacity)
            {
                json.WriteNumber("expert_capacity", capacity);
            }

            json.WriteNumber("hidden_size", info.HiddenSize);
            json.WriteNumber("vocab_size", info.VocabSize);
            json.WriteNumber("max_positions", info.MaxPositions);
            json.WriteNumber("expert_bytes", info.ExpertBytes);
            json.WriteNumber("expert_bytes_total", info.ExpertBytes * info.NumExperts * info.SparseLayers.Count);
            json.WriteNumber("dense_bytes", info.DenseBytes);
            json.WriteString("kv_format", format.ToString());
            json.WriteNumber("kv_bytes_per_token", info.KeyValueBytesPerTokenIn(format));
            json.WriteNumber("kv_bytes", plan.KeyValueBytes);
            json.WriteNumber("budget_floor_bytes", plan.FloorBytes);
            json.WriteNumber("budget_comfortable_bytes", plan.ComfortableBytes);
            json.WriteNumber("budget_resident_bytes", plan.ResidentBytes);
        });

    private void WriteText(ModelSpec spec, ModelInfo info, MoeOptions options, MemoryPlan plan)
    {
        int context = options.ContextLengthFor(info);
        SpecSizes sizes = new(spec);
        Table table = new() { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("").NoWrap());
        table.AddColumn(new TableColumn(""));
        void Row(string title, string text) => table.AddRow(new Text(title), new Text(text));

        Row("model", $"{info.Name} ({info.ModelType}), spec {info.Fingerprint}");
        Row("parameters", $"{Count(info.TotalParameters)}, {Count(info.ActiveParameters)} active for each token");
        foreach (ModelSpec stack in spec.Stacks)
        {
            for (int kind = 0; kind < stack.Kinds.Count; kind++)
            {
                Row(kind == 0 ? (stack.StackName + " layers").TrimStart().ToLowerInvariant() : "", DescribeKind(stack, sizes, kind));
            }
        }

        Row("hidden size", Number(info.HiddenSize));
        Row("vocabulary", $"{Number(info.VocabSize)} tokens{(spec.TieWordEmbeddings ? ", head tied to the embedding" : "")}");
        Row("positions", Number(info.MaxPositions) + (info.HasRelativePositions ? ", more with --context" : ""));
        Row("format", info.WeightFormat.ToString());
        Row("bytes per expert", Bytes(info.ExpertBytes));
        Row("all experts", $"{Bytes(sizes.Experts.Bytes)} ({Number(sizes.NumExperts)} experts)");
        Row("outside experts", Bytes(info.DenseBytes));
        string each = info.HasEncoder ? ", and for each of the input"
            : info.AttentionWindow is { } window && window < context ? $", of the last {Number(window)} in layers with a window" : "";
        Row("KV cache per token", $"{Bytes(info.KeyValueBytesPerTokenIn(options.KeyValueFormat))} in {options.KeyValueFormat}{each}");
        Row("KV cache", $"{Bytes(plan.KeyValueBytes)}: {Number(context)} positions");
        Row("smallest budget", $"{Bytes(plan.FloorBytes)}: {Number(plan.FloorSlots)} experts, {Number(context)} positions");
        Row(
            "comfortable budget",
            $"{Bytes(plan.ComfortableBytes)}: {Number(plan.ComfortableSlots)} experts, twice what a token uses");
        Row("everything resident", $"{Bytes(plan.ResidentBytes)}: {Number(plan.NumExperts)} experts");

        using StreamWriter writer = new(_streams.Output, leaveOpen: true);
        AnsiConsoleOutput output = new(writer);
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = output, Ansi = AnsiSupport.No, Interactive = InteractionSupport.No });
        console.Profile.Width = 140;
        console.Write(table);
    }

    private static string DescribeKind(ModelSpec stack, SpecSizes sizes, int kind)
    {
        LayerKindSpec layer = stack.Kinds[kind];
        string activation = layer.FeedForward.Activation.ProseName;
        string feedForward = layer.FeedForward is SparseSpec sparse
            ? $"top-{sparse.TopK} of {sparse.NumExperts} experts of {sparse.IntermediateSize}, {activation}"
                + (sparse.SharedExpert is { } shared ? $", and a shared one of {shared.IntermediateSize}" : "")
            : $"{activation} of {layer.FeedForward.IntermediateSize}";
        feedForward += layer.FeedForward is SparseSpec { Router.Capacity: { } capacity } ? $", {capacity} tokens for each" : "";
        string cross = layer.CrossAttention is null ? "" : ", then to the encoder's output";
        return $"{stack.LayerKinds.Count(other => other == kind)} {layer.Name}: {AttentionClass.Of(stack, layer).Description}{cross}; "
            + $"{feedForward}; {new ByteSize(sizes.LayerOutsideExperts(stack, layer).Bytes)} outside experts";
    }

    private static string Count(long parameters) => parameters >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:F2} B")
        : string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:F2} M");

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => $"{new ByteSize(bytes)} ({Number(bytes)} bytes)";
}

using System.Text.Json;
using MoeGen.Cli.Models;
using MoeGen.Evaluation;
using MoeGen.Experts;

namespace MoeGen.Cli.Evaluation;

/// <summary>What an evaluation has found, with its conditions, for people and for scripts.</summary>
/// <param name="Folder">The model.</param>
/// <param name="Info">What it is.</param>
/// <param name="Threads">Threads that computed.</param>
/// <param name="ContextLength">Tokens of a window.</param>
/// <param name="Budget">Memory budget of the methods; null: none was named.</param>
/// <param name="Settings">How much of each text was looked at.</param>
/// <param name="Exact">The exact model.</param>
/// <param name="Methods">What was compared with it.</param>
internal sealed record EvaluationReport(
    ModelFolder Folder, ModelInfo Info, int Threads, int ContextLength, ByteSize? Budget, EvaluationSettings Settings,
    MethodResult Exact, IReadOnlyList<MethodResult> Methods)
{
    /// <summary>The conditions in a line.</summary>
    public string Conditions =>
        $"{Folder.Name}, {Info.WeightFormat}, {Threads} threads; windows of {ContextLength} tokens, the first {Settings.PromptTokens} read "
        + $"before one is foreseen; at most {Settings.Tokens} tokens of a text"
        + (Methods.Count == 0
            ? ""
            : $"; {Settings.Continuations} greedy continuations of {Settings.ContinuationTokens} tokens for each text");

    public void WriteText(CliStreams streams)
    {
        streams.WriteLine(Conditions);
        Write(streams, "exact model", TableOf(Exact));
        foreach (MethodResult method in Methods)
        {
            Write(streams, Describe(method), TableOf(method));
        }

        if (Methods.Count > 0)
        {
            Write(streams, "decode steps, teacher forced", DecodeTable());
        }
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("model", Folder.Name);
        json.WriteString("format", Info.WeightFormat.ToString());
        json.WriteNumber("threads", Threads);
        json.WriteNumber("context", ContextLength);
        Write(json, "budget_bytes", Budget?.Bytes);
        json.WriteNumber("prompt_tokens", Settings.PromptTokens);
        json.WriteNumber("most_tokens", Settings.Tokens);
        json.WriteNumber("continuation_tokens", Settings.ContinuationTokens);
        json.WriteStartObject("exact");
        WriteDomains(json, Exact, WriteText);
        json.WriteEndObject();
        json.WriteStartArray("methods");
        foreach (MethodResult method in Methods)
        {
            json.WriteStartObject();
            json.WriteString("offload", method.Method);
            json.WriteString("format", method.Format.ToString());
            json.WriteBoolean("is_exact", method.IsExact);
            json.WriteNumber("kv_bytes", method.Memory.KeyValueBytes);
            json.WriteNumber("expert_slots", method.Memory.NumSlots);
            json.WriteNumber("experts", method.Memory.NumExperts);
            json.WriteNumber("memory_bytes", method.Memory.TotalBytes);
            WriteDomains(json, method, WriteComparison);
            WriteDecode(json, method.Decode);
            Write(json, "peak_rss_bytes", method.PeakBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A method and the memory that it ran in.</summary>
    public static string Describe(MethodResult method) =>
        $"{method.Method} ({(method.IsExact ? "exact" : "not exact")}), {method.Memory.NumSlots} of {method.Memory.NumExperts} experts in "
        + $"{new ByteSize(method.Memory.TotalBytes)}";

    /// <summary>Text by text.</summary>
    public FigureTable TableOf(MethodResult method)
    {
        bool isCompared = !ReferenceEquals(method, Exact);
        string[] titles = ["text", "tokens", "perplexity", "bits/byte"];
        string[] compared = ["top-1", "KL mean (nats)", "KL p95 (nats)", "equal continuations", "equal tokens"];
        FigureTable table = new([.. titles, .. isCompared ? compared : []]);
        foreach (DomainQuality domain in method.Domains.Append(method.All))
        {
            string[] cells =
            [
                domain.Name, FigureTable.Number(domain.NumTokens, 0), FigureTable.Number(domain.Perplexity, 3),
                FigureTable.Number(domain.BitsPerByte, 3),
            ];
            string[] comparedCells =
            [
                FigureTable.Percent(domain.Agreement), FigureTable.Number(domain.Divergence, 5),
                FigureTable.Number(domain.DivergenceP95, 5), FigureTable.Percent(domain.Continuations.EqualShare),
                FigureTable.Number(domain.Continuations.MeanPrefix, 1),
            ];
            table.Add([.. cells, .. isCompared ? comparedCells : []]);
        }

        return table;
    }

    /// <summary>What the decode steps of the methods took.</summary>
    public FigureTable DecodeTable()
    {
        FigureTable table = new(
            "method", "tokens/s", "TPOT p50 (ms)", "p95 (ms)", "hits", "read per token", "choices skipped", "their weight",
            "run as twins", "their weight", "steps run again", "peak memory");
        foreach (MethodResult method in Methods)
        {
            DecodeFigures? decode = method.Decode;
            OffloadingStatistics? experts = decode?.Experts;
            table.Add(
                method.Method, FigureTable.Number(decode?.TokensPerSecond, 1), FigureTable.Number(decode?.TpotMs, 3),
                FigureTable.Number(decode?.TpotP95Ms, 3), FigureTable.Percent(experts?.HitRate),
                FigureTable.Size(decode?.BytesReadPerToken),
                FigureTable.Percent(experts?.SkippedShare), FigureTable.Percent(experts?.SkippedWeightShare),
                FigureTable.Percent(experts?.TwinShare), FigureTable.Percent(experts?.TwinWeightShare),
                FigureTable.Percent(experts?.FallbackShare), FigureTable.Size(method.PeakBytes));
        }

        return table;
    }

    private static void Write(CliStreams streams, string title, FigureTable table)
    {
        streams.WriteLine("");
        streams.WriteLine(title);
        foreach (string line in table.ToLines())
        {
            streams.WriteLine(line);
        }
    }

    private static void WriteDomains(Utf8JsonWriter json, MethodResult method, Action<Utf8JsonWriter, DomainQuality> write)
    {
        json.WriteStartArray("texts");
        foreach (DomainQuality domain in method.Domains)
        {
            json.WriteStartObject();
            json.WriteString("text", domain.Name);
            write(json, domain);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject(Evaluator.All);
        write(json, method.All);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, DomainQuality domain)
    {
        json.WriteNumber("tokens", domain.NumTokens);
        json.WriteNumber("bytes", domain.NumBytes);
        Write(json, "loss_nats", domain.Loss);
        Write(json, "perplexity", domain.Perplexity);
        Write(json, "bits_per_byte", domain.BitsPerByte);
    }

    private static void WriteComparison(Utf8JsonWriter json, DomainQuality domain)
    {
        WriteText(json, domain);
        Write(json, "top1_agreement", domain.Agreement);
        Write(json, "kl_mean_nats", domain.Divergence);
        Write(json, "kl_p95_nats", domain.DivergenceP95);
        json.WriteNumber("continuations", domain.Continuations.Count);
        Write(json, "continuations_equal_share", domain.Continuations.EqualShare);
        Write(json, "continuations_equal_tokens", domain.Continuations.MeanPrefix);
    }

    private static void WriteDecode(Utf8JsonWriter json, DecodeFigures? decode)
    {
        OffloadingStatistics? experts = decode?.Experts;
        json.WriteNumber("decode_steps", decode?.NumSteps ?? 0);
        Write(json, "tokens_per_second", decode?.TokensPerSecond);
        Write(json, "tpot_ms", decode?.TpotMs);
        Write(json, "tpot_p95_ms", decode?.TpotP95Ms);
        Write(json, "expert_hit_rate", experts?.HitRate);
        Write(json, "expert_hits", experts?.Hits);
        Write(json, "expert_late_hits", experts?.LateHits);
        Write(json, "expert_misses", experts?.Misses);
        Write(json, "bytes_read_per_token", decode?.BytesReadPerToken);
        Write(json, "skipped_share", experts?.SkippedShare);
        Write(json, "skipped_weight_share", experts?.SkippedWeightShare);
        Write(json, "twin_share", experts?.TwinShare);
        Write(json, "twin_weight_share", experts?.TwinWeightShare);
        Write(json, "fallback_share", experts?.FallbackShare);
    }

    // JSON has no infinity: the perplexity of a broken model may be one
    private static void Write(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}

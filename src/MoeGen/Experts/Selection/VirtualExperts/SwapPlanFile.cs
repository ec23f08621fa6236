using System.Text.Json;
using MoeGen.Files;

namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>A swap plan as a JSON file: an object with the keys below, those of values that are not there left out.</summary>
internal static class SwapPlanFile
{
    private const string FingerprintKey = "fingerprint";
    private const string BudgetKey = "budget_bytes";
    private const string IntervalKey = "update_interval";
    private const string ExpertsKey = "experts_per_layer";
    private const string NormsKey = "norms";
    private const string InitialKey = "initial_experts";
    private const string BytesKey = "predicted_bytes";
    private const string TpotKey = "predicted_tpot_ms";
    private const string AgreementKey = "predicted_agreement";

    private const string Expected = "a plan as `moegen plan` writes it";

    // norms of 64 layers of 512 experts are half a megabyte
    private const long MaxFileBytes = 64 << 20;

    private static readonly string[] s_keys =
        [FingerprintKey, BudgetKey, IntervalKey, ExpertsKey, NormsKey, InitialKey, BytesKey, TpotKey, AgreementKey];

    /// <summary>Reads a file; whether its numbers make sense is the plan's business.</summary>
    /// <exception cref="SwapPlanException">It is no plan.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SwapPlan Read(string path)
    {
        SwapPlanException Fault(string fault) => new(path, fault);
        return JsonObjectFile.Read(path, MaxFileBytes, Expected, Fault, root => Read(path, new JsonObjectReader(root, Fault)));
    }

    /// <summary>Writes a file beside its place and moves it there.</summary>
    public static void Write(SwapPlan plan, string path) => JsonObjectFile.Write(path, isIndented: false, json => Write(plan, json));

    private static SwapPlan Read(string path, JsonObjectReader reader)
    {
        reader.CheckKeys(s_keys, unknown: $"; expected {string.Join(", ", s_keys)}", twice: " twice; expected it once");
        return new SwapPlan
        {
            Path = path,
            Fingerprint = reader.Text(FingerprintKey, "a string"),
            BudgetBytes = reader.Int64(BudgetKey),
            UpdateInterval = reader.Int32(IntervalKey),
            ExpertsPerLayer = reader.Integers(ExpertsKey),
            Norms = reader.NumbersByLayer(NormsKey),
            InitialExperts = reader.IntegersByLayer(InitialKey),
            PredictedBytes = reader.OptionalInt64(BytesKey),
            PredictedTpotMs = reader.OptionalNumber(TpotKey),
            PredictedAgreement = reader.OptionalNumber(AgreementKey),
        };
    }

    private static void Write(SwapPlan plan, Utf8JsonWriter json)
    {
        json.WriteString(FingerprintKey, plan.Fingerprint);
        json.WriteNumber(BudgetKey, plan.BudgetBytes);
        json.WriteNumber(IntervalKey, plan.UpdateInterval);
        json.WritePropertyName(ExpertsKey);
        WriteList(json, plan.ExpertsPerLayer, json.WriteNumberValue);
        WriteTable(json, NormsKey, plan.Norms, json.WriteNumberValue);
        WriteTable(json, InitialKey, plan.InitialExperts, json.WriteNumberValue);
        if (plan.PredictedBytes is { } bytes)
        {
            json.WriteNumber(BytesKey, bytes);
        }

        if (plan.PredictedTpotMs is { } tpot)
        {
            json.WriteNumber(TpotKey, tpot);
        }

        if (plan.PredictedAgreement is { } agreement)
        {
            json.WriteNumber(AgreementKey, agreement);
        }
    }

    private static void WriteTable<T>(Utf8JsonWriter json, string key, IReadOnlyList<IReadOnlyList<T>>? table, Action<T> write)
    {
        if (table is not null)
        {
            json.WriteStartArray(key);
            foreach (IReadOnlyList<T> row in table)
            {
                WriteList(json, row, write);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteList<T>(Utf8JsonWriter json, IReadOnlyList<T> values, Action<T> write)
    {
        json.WriteStartArray();
        foreach (T value in values)
        {
            write(value);
        }

        json.WriteEndArray();
    }
}

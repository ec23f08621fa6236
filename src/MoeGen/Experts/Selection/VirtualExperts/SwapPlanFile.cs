using System.Text.Json;

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

    private const string Remedy = "expected a plan as `moegen plan` writes it";

    // norms of 64 layers of 512 experts are half a megabyte
    private const long MaxFileBytes = 64 << 20;

    private static readonly string[] s_keys =
        [FingerprintKey, BudgetKey, IntervalKey, ExpertsKey, NormsKey, InitialKey, BytesKey, TpotKey, AgreementKey];

    private delegate bool TryGet<T>(JsonElement element, out T value);

    /// <summary>Reads a file; whether its numbers make sense is the plan's business.</summary>
    /// <exception cref="SwapPlanException">It is no plan.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SwapPlan Read(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaxFileBytes)
        {
            throw new SwapPlanException(path, $"has {length} bytes; expected at most {MaxFileBytes}");
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(path, json.RootElement);
        }
        catch (JsonException exception)
        {
            throw new SwapPlanException(path, $"is not JSON at line {exception.LineNumber + 1}; {Remedy}");
        }
    }

    /// <summary>Writes a file beside its place and moves it there.</summary>
    public static void Write(SwapPlan plan, string path)
    {
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (FileStream file = File.Create(temporary))
            using (Utf8JsonWriter json = new(file))
            {
                Write(plan, json);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static SwapPlan Read(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new SwapPlanException(path, $"is no JSON object; {Remedy}");
        }

        Reader reader = new(path, root);
        reader.RefuseOtherKeys();
        return new SwapPlan
        {
            Path = path,
            Fingerprint = reader.Text(FingerprintKey),
            BudgetBytes = reader.Required<long>(BudgetKey, TryGetInt64, "an integer"),
            UpdateInterval = reader.Required<int>(IntervalKey, TryGetInt32, "an integer"),
            ExpertsPerLayer = reader.List<int>(ExpertsKey, TryGetInt32, "integers"),
            Norms = reader.Table<float>(NormsKey, TryGetSingle, "numbers"),
            InitialExperts = reader.Table<int>(InitialKey, TryGetInt32, "integers"),
            PredictedBytes = reader.Optional<long>(BytesKey, TryGetInt64, "an integer"),
            PredictedTpotMs = reader.Optional<double>(TpotKey, TryGetDouble, "a number"),
            PredictedAgreement = reader.Optional<double>(AgreementKey, TryGetDouble, "a number"),
        };
    }

    private static void Write(SwapPlan plan, Utf8JsonWriter json)
    {
        json.WriteStartObject();
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

        json.WriteEndObject();
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

    // JsonElement's own methods throw where the element is no number
    private static bool TryGetInt32(JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }

    private static bool TryGetInt64(JsonElement element, out long value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value);
    }

    private static bool TryGetSingle(JsonElement element, out float value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetSingle(out value);
    }

    private static bool TryGetDouble(JsonElement element, out double value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out value);
    }

    private readonly struct Reader(string path, JsonElement root)
    {
        public void RefuseOtherKeys()
        {
            HashSet<string> seen = [];
            foreach (JsonProperty property in root.EnumerateObject())
            {
                if (!s_keys.Contains(property.Name))
                {
                    throw new SwapPlanException(path, $"has the key {property.Name}; expected {string.Join(", ", s_keys)}");
                }

                if (!seen.Add(property.Name))
                {
                    throw new SwapPlanException(path, $"has the key {property.Name} twice; expected it once");
                }
            }
        }

        public string Text(string key) => Find(key) is { ValueKind: JsonValueKind.String } element
            ? element.GetString()!
            : throw Wrong(key, "a string");

        public T Required<T>(string key, TryGet<T> tryGet, string expected)
            where T : struct => Optional(key, tryGet, expected) ?? throw Wrong(key, expected);

        public T? Optional<T>(string key, TryGet<T> tryGet, string expected)
            where T : struct => Find(key) is not { } element ? null
            : tryGet(element, out T value) ? value
            : throw Wrong(key, expected);

        public IReadOnlyList<T> List<T>(string key, TryGet<T> tryGet, string expected) =>
            List(key, Find(key) ?? throw Wrong(key, $"an array of {expected}"), tryGet, $"an array of {expected}");

        public IReadOnlyList<IReadOnlyList<T>>? Table<T>(string key, TryGet<T> tryGet, string expected)
        {
            string whole = $"an array of an array of {expected} for each layer";
            if (Find(key) is not { } element)
            {
                return null;
            }

            if (element.ValueKind != JsonValueKind.Array)
            {
                throw Wrong(key, whole);
            }

            List<IReadOnlyList<T>> rows = [];
            foreach (JsonElement row in element.EnumerateArray())
            {
                rows.Add(List(key, row, tryGet, whole));
            }

            return rows;
        }

        private List<T> List<T>(string key, JsonElement element, TryGet<T> tryGet, string expected)
        {
            if (element.ValueKind != JsonValueKind.Array)
            {
                throw Wrong(key, expected);
            }

            List<T> values = [];
            foreach (JsonElement item in element.EnumerateArray())
            {
                values.Add(tryGet(item, out T value) ? value : throw Wrong(key, expected));
            }

            return values;
        }

        private JsonElement? Find(string key) => root.TryGetProperty(key, out JsonElement element) ? element : null;

        private SwapPlanException Wrong(string key, string expected)
        {
            string found = Find(key) is not { } element ? "is missing"
                : element.GetRawText() is { Length: <= 40 } text ? $"is {text}"
                : "is something else";
            return new SwapPlanException(path, $"{key} {found}; expected {expected}");
        }
    }
}

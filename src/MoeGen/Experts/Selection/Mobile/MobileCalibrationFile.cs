using System.Text.Json;

namespace MoeGen.Experts.Selection.Mobile;

/// <summary>A calibration as a JSON file: an object with the keys below, all of them and no others.</summary>
internal static class MobileCalibrationFile
{
    private const string Fingerprint = "fingerprint";
    private const string Rule = "rule";
    private const string Threshold = "threshold";
    private const string Tolerance = "tolerance";
    private const string Tokens = "tokens";
    private const string FallbackShare = "fallback_share";
    private const string Agreement = "agreement";
    private const string Perplexity = "perplexity";
    private const string ExactPerplexity = "exact_perplexity";
    private const string Remedy = "expected a file that `moegen calibrate` has written";
    private const int MaxBytes = 65_536;

    private static readonly string[] s_keys =
        [Fingerprint, Rule, Threshold, Tolerance, Tokens, FallbackShare, Agreement, Perplexity, ExactPerplexity];

    private delegate bool TryGet<T>(JsonElement element, out T value);

    /// <summary>Reads a file; whether its numbers make sense is the calibration's business.</summary>
    /// <exception cref="MobileCalibrationException">It is no calibration.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static MobileCalibration Read(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaxBytes)
        {
            throw new MobileCalibrationException(path, $"has {length} bytes; expected at most {MaxBytes}: {Remedy}");
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(path, json.RootElement);
        }
        catch (JsonException exception)
        {
            throw new MobileCalibrationException(path, $"is not JSON at line {exception.LineNumber + 1}; {Remedy}");
        }
    }

    /// <summary>Writes a file beside its place and moves it there.</summary>
    public static void Write(MobileCalibration calibration, string path)
    {
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (FileStream file = File.Create(temporary))
            using (Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true }))
            {
                Write(calibration, json);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static MobileCalibration Read(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new MobileCalibrationException(path, $"is no JSON object; {Remedy}");
        }

        HashSet<string> seen = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!s_keys.Contains(property.Name) || !seen.Add(property.Name))
            {
                string fault = seen.Contains(property.Name) ? "twice" : "which is none of its keys";
                throw new MobileCalibrationException(path, $"has the key {property.Name} {fault}; {Remedy}");
            }
        }

        T Get<T>(string key, TryGet<T> tryGet, string expected) =>
            root.TryGetProperty(key, out JsonElement element) && tryGet(element, out T value)
                ? value
                : throw new MobileCalibrationException(
                    path, $"{key} is {(seen.Contains(key) ? element.GetRawText() : "missing")}; expected {expected}");

        double Number(string key) => Get<double>(key, TryGetNumber, "a number");
        return new MobileCalibration
        {
            Path = path,
            Fingerprint = Get<string>(Fingerprint, TryGetText, "a text"),
            Rule = Get<FallbackRule>(Rule, TryGetRule, string.Join(", ", FallbackRuleNames.Measured)),
            Threshold = (float)Number(Threshold),
            Tolerance = Number(Tolerance),
            NumTokens = Get<int>(Tokens, TryGetCount, "an integer"),
            FallbackShare = Number(FallbackShare),
            Agreement = Number(Agreement),
            Perplexity = Number(Perplexity),
            ExactPerplexity = Number(ExactPerplexity),
        };
    }

    private static void Write(MobileCalibration calibration, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString(Fingerprint, calibration.Fingerprint);
        json.WriteString(Rule, FallbackRuleNames.Of(calibration.Rule));
        json.WriteNumber(Threshold, calibration.Threshold);
        json.WriteNumber(Tolerance, calibration.Tolerance);
        json.WriteNumber(Tokens, calibration.NumTokens);
        json.WriteNumber(FallbackShare, calibration.FallbackShare);
        json.WriteNumber(Agreement, calibration.Agreement);
        json.WriteNumber(Perplexity, calibration.Perplexity);
        json.WriteNumber(ExactPerplexity, calibration.ExactPerplexity);
        json.WriteEndObject();
    }

    private static bool TryGetText(JsonElement element, out string value)
    {
        value = element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
        return value.Length > 0;
    }

    private static bool TryGetRule(JsonElement element, out FallbackRule value)
    {
        value = default;
        return TryGetText(element, out string name) && FallbackRuleNames.TryParse(name, out value) && Confidence.IsMeasuredBy(value);
    }

    private static bool TryGetNumber(JsonElement element, out double value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out value) && double.IsFinite(value);
    }

    private static bool TryGetCount(JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }
}

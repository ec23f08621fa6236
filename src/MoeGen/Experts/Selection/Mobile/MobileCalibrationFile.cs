using System.Text.Json;
using MoeGen.Files;

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
    private const string Expected = "a file that `moegen calibrate` has written";
    private const int MaxBytes = 65_536;

    private static readonly string[] s_keys =
        [Fingerprint, Rule, Threshold, Tolerance, Tokens, FallbackShare, Agreement, Perplexity, ExactPerplexity];

    /// <summary>Reads a file; whether its numbers make sense is the calibration's business.</summary>
    /// <exception cref="MobileCalibrationException">It is no calibration.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static MobileCalibration Read(string path)
    {
        MobileCalibrationException Fault(string fault) => new(path, fault);
        return JsonObjectFile.Read(path, MaxBytes, Expected, Fault, root => Read(path, new JsonObjectReader(root, Fault)));
    }

    /// <summary>Writes a file beside its place and moves it there.</summary>
    public static void Write(MobileCalibration calibration, string path) =>
        JsonObjectFile.Write(path, isIndented: true, json => Write(calibration, json));

    private static MobileCalibration Read(string path, JsonObjectReader reader)
    {
        reader.CheckKeys(s_keys, unknown: $" which is none of its keys; expected {Expected}", twice: $" twice; expected {Expected}");
        return new MobileCalibration
        {
            Path = path,
            Fingerprint = reader.Text(Fingerprint, "a text"),
            Rule = reader.Required<FallbackRule>(Rule, TryGetRule, string.Join(", ", FallbackRuleNames.Measured)),
            Threshold = (float)reader.Number(Threshold),
            Tolerance = reader.Number(Tolerance),
            NumTokens = reader.Int32(Tokens),
            FallbackShare = reader.Number(FallbackShare),
            Agreement = reader.Number(Agreement),
            Perplexity = reader.Number(Perplexity),
            ExactPerplexity = reader.Number(ExactPerplexity),
        };
    }

    private static void Write(MobileCalibration calibration, Utf8JsonWriter json)
    {
        json.WriteString(Fingerprint, calibration.Fingerprint);
        json.WriteString(Rule, FallbackRuleNames.Of(calibration.Rule));
        json.WriteNumber(Threshold, calibration.Threshold);
        json.WriteNumber(Tolerance, calibration.Tolerance);
        json.WriteNumber(Tokens, calibration.NumTokens);
        json.WriteNumber(FallbackShare, calibration.FallbackShare);
        json.WriteNumber(Agreement, calibration.Agreement);
        json.WriteNumber(Perplexity, calibration.Perplexity);
        json.WriteNumber(ExactPerplexity, calibration.ExactPerplexity);
    }

    private static bool TryGetRule(JsonElement element, out FallbackRule value)
    {
        value = default;
        return JsonObjectReader.TryGetText(element, out string name) && FallbackRuleNames.TryParse(name, out value)
            && Confidence.IsMeasuredBy(value);
    }
}

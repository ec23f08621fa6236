using System.Text.Json;
using MoeGen.Files;

namespace MoeGen.Simulation;

/// <summary>A hardware profile's file is damaged, or says something that no machine can be.</summary>
internal sealed class HardwareProfileException : MoeGenException
{
    internal HardwareProfileException(string file, string fault)
        : base($"{file}: {fault}")
    {
    }
}

/// <summary>
/// Reads a hardware profile from a JSON file: an object with every key of <see cref="s_keys"/>, and <c>name</c> if it wants one.
/// </summary>
internal static class HardwareProfileFile
{
    private const string NameKey = "name";
    private const long MaxFileBytes = 1 << 20;

    // what must be above 0; the others may be 0
    private static readonly (string Key, bool IsPositive)[] s_keys =
    [
        ("link_bytes_per_second", true),
        ("link_latency_us", false),
        ("pieces_in_flight", true),
        ("piece_bytes", true),
        ("compute_bytes_per_second", true),
        ("balanced_tokens", true),
        ("expert_us", false),
        ("layer_us", false),
        ("pass_us", false),
        ("prefetch_us", false),
        ("devices", true),
    ];

    private static string AllKeys => string.Join(", ", s_keys.Select(entry => entry.Key));

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="HardwareProfileException">It is no profile.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static HardwareProfile Read(string path) => JsonObjectFile.Read(
        path, MaxFileBytes, $"an object with {AllKeys}", fault => new HardwareProfileException(path, fault), root => Read(path, root));

    private static HardwareProfile Read(string path, JsonElement root)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        Dictionary<string, double> numbers = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == NameKey && property.Value.ValueKind == JsonValueKind.String)
            {
                name = property.Value.GetString()!;
                continue;
            }

            (string? key, bool isPositive) = Array.Find(s_keys, entry => entry.Key == property.Name);
            if (key is null)
            {
                throw new HardwareProfileException(
                    path, $"has the key {property.Name}; expected {NameKey}, {AllKeys}");
            }

            numbers[key] = ReadNumber(path, property, isPositive);
        }

        double Get(string key) =>
            numbers.TryGetValue(key, out double number)
                ? number
                : throw new HardwareProfileException(path, $"has no {key}; expected a number");

        return new HardwareProfile
        {
            Name = name,
            LinkBytesPerSecond = Get("link_bytes_per_second"),
            LinkLatencyUs = Get("link_latency_us"),
            PiecesInFlight = ToInteger(path, "pieces_in_flight", Get("pieces_in_flight"), 1024),
            PieceBytes = ToInteger(path, "piece_bytes", Get("piece_bytes"), int.MaxValue),
            ComputeBytesPerSecond = Get("compute_bytes_per_second"),
            BalancedTokens = Get("balanced_tokens"),
            ExpertUs = Get("expert_us"),
            LayerUs = Get("layer_us"),
            PassUs = Get("pass_us"),
            PrefetchUs = Get("prefetch_us"),
            Devices = ToInteger(path, "devices", Get("devices"), 1024),
        };
    }

    private static double ReadNumber(string path, JsonProperty property, bool isPositive)
    {
        bool isNumber = property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetDouble(out double number)
            && double.IsFinite(number) && (isPositive ? number > 0 : number >= 0);
        return isNumber
            ? property.Value.GetDouble()
            : throw new HardwareProfileException(
                path, $"{property.Name} is {property.Value.GetRawText()}; expected a number {(isPositive ? "above 0" : "of at least 0")}");
    }

    private static int ToInteger(string path, string key, double number, int max) =>
        number == Math.Floor(number) && number <= max
            ? (int)number
            : throw new HardwareProfileException(path, $"{key} is {number}; expected an integer from 1 to {max}");
}

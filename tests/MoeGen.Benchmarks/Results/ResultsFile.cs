using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks.Results;

/// <summary>
/// Everything that the pages show: one JSON object in each line. A measurement has a file of its own until it is complete, to which each
/// result is added at once.
/// </summary>
internal sealed class ResultsFile
{
    public const string AblationKind = "ablation";
    public const string BenchKind = "bench";
    public const string ConditionsKind = "conditions";
    public const string SimulationKind = "simulation";
    public const string TraceKind = "trace";

    public const string FileName = "results.jsonl";
    private const string PartialFileName = "results.partial.jsonl";

    // + and non-ASCII letters as they are
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _folder;
    private readonly List<JsonObject> _records;
    private bool _isWritten; // what was read may end in half a line, or have another name

    private ResultsFile(string folder, string path, List<JsonObject> records)
    {
        _folder = folder;
        Path = path;
        _records = records;
    }

    public string Path { get; }

    /// <summary>What was measured on, and how; null: nothing was.</summary>
    public JsonObject? Conditions => OfKind(ConditionsKind).FirstOrDefault();

    /// <summary>The trace of the simulations; null: nothing was simulated.</summary>
    public JsonObject? Trace => OfKind(TraceKind).FirstOrDefault();

    /// <summary>Measurements.</summary>
    public IReadOnlyList<Sample> Samples => [.. OfKind(BenchKind).Select(Sample.OfBench)];

    /// <summary>Simulations.</summary>
    public IReadOnlyList<JsonObject> Simulations => [.. OfKind(SimulationKind)];

    /// <summary>Simulation of variants of the subject; null: none was simulated.</summary>
    public JsonNode? Ablation => OfKind(AblationKind).FirstOrDefault()?[AblationKind];

    /// <summary>Opens what is there, or nothing.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="takesPartial">Whether it is that of a measurement that was interrupted.</param>
    public static ResultsFile Open(string folder, bool takesPartial)
    {
        string path = System.IO.Path.Combine(folder, takesPartial ? PartialFileName : FileName);
        return takesPartial && !File.Exists(path)
            ? throw new BenchmarkException($"{path}: does not exist; expected the results of a measurement that was interrupted")
            : new ResultsFile(folder, path, Read(path));
    }

    /// <summary>Starts a measurement, or goes on with one: with the interrupted one or, without any, with the last complete one.</summary>
    /// <param name="folder">Where it lies; made with the first result.</param>
    /// <param name="continues">Whether it goes on.</param>
    /// <exception cref="BenchmarkException">Results of an interrupted measurement would be lost.</exception>
    public static ResultsFile StartMeasurement(string folder, bool continues)
    {
        string path = System.IO.Path.Combine(folder, PartialFileName);
        if (File.Exists(path) && !continues)
        {
            throw new BenchmarkException($"{path}: holds a measurement that was interrupted; expected --continue, or the file deleted");
        }

        List<JsonObject> last = Read(System.IO.Path.Combine(folder, FileName));
        List<JsonObject> records = File.Exists(path) ? Read(path)
            : continues ? last
            : [.. last.Where(record => KindOf(record) is SimulationKind or AblationKind or TraceKind)];
        return new ResultsFile(folder, path, records);
    }

    /// <summary>Adds a result, which is on disk when this returns.</summary>
    public void Append(JsonObject record)
    {
        if (!_isWritten)
        {
            Write();
        }

        string line = record.ToJsonString(s_options);
        File.AppendAllText(Path, line + "\n");
        _records.Add(AsRead(line));
    }

    /// <summary>Says under which conditions everything is measured.</summary>
    public void ReplaceConditions(JsonObject conditions)
    {
        _records.RemoveAll(record => KindOf(record) == ConditionsKind);
        _records.Insert(0, AsRead(conditions.ToJsonString(s_options)));
        Write();
    }

    /// <summary>Puts new simulations in the place of the old ones.</summary>
    /// <param name="records">Trace and simulations.</param>
    public void ReplaceSimulations(IEnumerable<JsonObject> records)
    {
        _records.RemoveAll(record => KindOf(record) is SimulationKind or AblationKind or TraceKind);
        _records.AddRange(records.Select(record => AsRead(record.ToJsonString(s_options))));
        Write();
    }

    /// <summary>Gives the complete measurement its name.</summary>
    public void Complete() => File.Move(Path, System.IO.Path.Combine(_folder, FileName), overwrite: true);

    /// <summary>A line as one that is read: numbers of a line that was made would still be of one type and convert to no other.</summary>
    public static JsonObject AsRead(string line) => JsonNode.Parse(line)!.AsObject();

    private IEnumerable<JsonObject> OfKind(string kind) => _records.Where(record => KindOf(record) == kind);

    private static string KindOf(JsonObject record) => record["kind"]!.GetValue<string>();

    private void Write()
    {
        Directory.CreateDirectory(_folder);
        _isWritten = true;
        WholeFile.Write(Path, string.Concat(_records.Select(record => record.ToJsonString(s_options) + "\n")));
    }

    private static List<JsonObject> Read(string path)
    {
        string[] lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        List<JsonObject> records = [];
        for (int i = 0; i < lines.Length; i++)
        {
            try
            {
                records.Add(AsRead(lines[i]));
            }
            catch (JsonException) when (i == lines.Length - 1)
            {
                // the program was killed while it wrote the last line: that one is measured again
            }
            catch (JsonException exception)
            {
                throw new BenchmarkException($"{path}: line {i + 1} is not JSON: {exception.Message}");
            }
        }

        return records;
    }
}

using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Results;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks.Peers;

/// <summary>What was measured of one engine in one round.</summary>
/// <param name="Round">The round, from 0.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Threads">Threads that compute.</param>
/// <param name="Engine">The engine, or <see cref="PeersResults.ReadLoop"/>.</param>
/// <param name="Setting">Its options.</param>
internal sealed record PeerRun(int Round, string Model, int Threads, string Engine, string Setting)
{
    public static PeerRun Of(JsonNode json) => new(
        (int)json["round"]!, (string)json["model"]!, (int)json["threads"]!, (string)json["engine"]!, (string)json["setting"]!);

    /// <summary>The run with what it came to.</summary>
    public JsonObject With(JsonObject measured)
    {
        measured["round"] = Round;
        measured["model"] = Model;
        measured["threads"] = Threads;
        measured["engine"] = Engine;
        measured["setting"] = Setting;
        return measured;
    }
}

/// <summary>All runs of a comparison, on disk as soon as they are there.</summary>
internal sealed class PeersResults
{
    /// <summary>Stands for an engine: a loop that only reads memory.</summary>
    public const string ReadLoop = "read loop";

    /// <summary>Bytes per second of that loop.</summary>
    public const string BytesPerSecondKey = "bytes_per_second";

    private readonly string _path;
    private readonly JsonObject _root;

    private PeersResults(string path, JsonObject root)
    {
        _path = path;
        _root = root;
    }

    public JsonNode Machine => _root["machine"]!;

    public IEnumerable<JsonNode> Runs => _root["runs"]!.AsArray().Select(run => run!);

    /// <summary>Reads the results that are there.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BenchmarkException">It does not exist.</exception>
    public static PeersResults Open(string path) => File.Exists(path)
        ? Parse(path, File.ReadAllText(path))
        : throw new BenchmarkException($"{path}: does not exist; expected the results of a comparison");

    internal static PeersResults Parse(string path, string text) => new(path, JsonNode.Parse(text)!.AsObject());

    /// <summary>Starts with nothing.</summary>
    /// <param name="path">Where it goes.</param>
    public static PeersResults Start(string path) =>
        new(path, new JsonObject { ["machine"] = Cli.Output.Machine.Describe(), ["runs"] = new JsonArray() });

    public bool Has(PeerRun run) => Runs.Any(known => PeerRun.Of(known) == run);

    /// <summary>Adds a run, which is on disk when this returns.</summary>
    public void Add(PeerRun run, JsonObject measured)
    {
        _root["runs"]!.AsArray().Add((JsonNode)run.With(measured));
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        WholeFile.Write(_path, _root.ToJsonString() + "\n");
    }

    /// <summary>Rounds in which MoeGen was measured.</summary>
    public int NumRounds(string model, int threads) =>
        Runs.Select(PeerRun.Of).Count(run => run.Engine == MoegenEngine.EngineName && run.Model == model && run.Threads == threads);

    /// <summary>Median over the rounds of one setting of an engine; null: it was not measured.</summary>
    public double? MedianOf(string model, int threads, string engine, string setting, string key)
    {
        double[] values =
        [
            .. from run in Runs
               where run[key] is not null && PeerRun.Of(run) is var known && known with { Round = 0 } == new PeerRun(0, model, threads, engine, setting)
               select run[key]!.GetValue<double>(),
        ];
        return values.Length == 0 ? null : Median.Of(values);
    }

    /// <summary>The best setting of an engine: of the highest median.</summary>
    public (double Value, string Setting)? BestOf(string model, int threads, string engine, string key) =>
        (from setting in Runs.Select(PeerRun.Of).Where(run => run.Engine == engine).Select(run => run.Setting).Distinct()
         let value = MedianOf(model, threads, engine, setting, key)
         where value is not null
         orderby value descending
         select ((double Value, string Setting)?)(value.Value, setting)).FirstOrDefault();
}

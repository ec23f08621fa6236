using System.Text.Json.Nodes;
using MoeGen.Packs;

namespace MoeGen.Benchmarks.Setup;

/// <summary>The demo model with larger experts, packed with twins: reading one costs what it costs with a large model.</summary>
/// <param name="Folder">The pack.</param>
/// <param name="Inspection">What `moegen inspect` says of it.</param>
internal sealed record WideModel(string Folder, JsonObject Inspection)
{
    /// <summary>Bytes of an expert when nothing else is said: 120 of them make 4 GiB.</summary>
    public const long DefaultExpertBytes = 36_000_000;

    private const string Demo = "demo";
    private const double TwinShare = 0.3; // of an expert's bytes
    private const long SpareBytes = 256 << 20; // dense weights twice, tokenizer, compiled code

    /// <summary>The file that experts are read from.</summary>
    public string ExpertFile => Path.Combine(Folder, PackLayout.FileName);

    /// <summary>Bytes of all experts.</summary>
    public long ExpertBytesTotal => Inspection["expert_bytes_total"]!.GetValue<long>();

    /// <summary>The budget that has room for a share of the experts, beside all that is not an expert.</summary>
    /// <param name="percent">The share.</param>
    public long BudgetFor(int percent) =>
        Inspection["budget_resident_bytes"]!.GetValue<long>() - (long)(ExpertBytesTotal * (100 - percent) / 100.0);

    /// <summary>Inflates and packs the demo model, or takes the pack that is there.</summary>
    /// <param name="tool">Does it.</param>
    /// <param name="work">Where.</param>
    /// <param name="expertBytes">Bytes of an expert.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BenchmarkException">The disk is too small.</exception>
    public static async Task<WideModel> CreateAsync(
        MoegenTool tool, WorkFolder work, ByteSize expertBytes, CancellationToken cancellationToken)
    {
        string pack = work[$"{Demo}-{expertBytes.Bytes}-twins"], wide = pack + ".wide";
        if (!PackLayout.IsPacked(pack))
        {
            await MakeAsync(tool, work, wide, expertBytes, cancellationToken);
            Console.Error.WriteLine("packing it");
            await tool.RunAsync(["pack", wide, "-o", pack, "--twins", "q4"], cancellationToken);
            Directory.Delete(wide, recursive: true);
        }

        return new WideModel(pack, (await tool.RunAsync(["inspect", pack], cancellationToken)).Json);
    }

    private static async Task MakeAsync(
        MoegenTool tool, WorkFolder work, string path, ByteSize expertBytes, CancellationToken cancellationToken)
    {
        // the tool moves the config there last
        if (File.Exists(Path.Combine(path, "config.json")))
        {
            return;
        }

        JsonObject demo = (await tool.RunAsync(["inspect", Demo], cancellationToken)).Json;
        long experts = demo["sparse_layers"]!.GetValue<long>() * demo["experts"]!.GetValue<long>();
        work.RequireSpace((long)(experts * expertBytes.Bytes * (2 + TwinShare)) + SpareBytes);
        Console.Error.WriteLine("widening the demo model");
        await tool.RunAsync(["inflate", Demo, "-o", path, "--expert-bytes", $"{expertBytes.Bytes}"], cancellationToken);
    }
}

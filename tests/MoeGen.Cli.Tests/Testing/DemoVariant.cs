using MoeGen.Cli.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Testing;

/// <summary>The demo model's weights under a config with another number of experts per token.</summary>
internal sealed class DemoVariant : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DemoVariant(int topK)
    {
        string config = File.ReadAllText(System.IO.Path.Combine(RepositoryFiles.DemoModel, "config.json"));
        _folder.Write("config.json", config.Replace("\"num_experts_per_tok\": 4", $"\"num_experts_per_tok\": {topK}", StringComparison.Ordinal));
        foreach (string name in new[] { "tokenizer.json", "model.safetensors" })
        {
            File.Copy(System.IO.Path.Combine(RepositoryFiles.DemoModel, name), _folder[name]);
        }
    }

    public string Path => _folder.Path;

    public MoeModel Load(MoeOptions? options = null)
    {
        CliStreams streams = new(Stream.Null, Stream.Null, TextWriter.Null, IsErrorTerminal: false);
        return ModelLoader.Load(ModelFolder.Find(Path), options ?? new MoeOptions { Threads = 1 }, streams, out _, CancellationToken.None);
    }

    public void Dispose() => _folder.Dispose();
}

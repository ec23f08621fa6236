using MoeGen.Testing;

namespace MoeGen.Package.Tests;

/// <summary>The packed packages in a local feed, and an empty folder outside the repository to use them in.</summary>
public sealed class PackageFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PackageFixture()
    {
        // built apart from the repository's artifacts, which other tests are using
        DotNet.Run(
            RepositoryFiles.Root, null,
            "pack", "src/MoeGen", "-c", "Release", "-o", Feed, "-nologo", $"-p:ArtifactsPath={_folder["artifacts"]}");

        // nothing but the local feed: the package must need no other
        _folder.Write("nuget.config", """
            <configuration>
              <packageSources>
                <clear />
                <add key="local" value="feed" />
              </packageSources>
            </configuration>
            """);
    }

    public string Feed => _folder["feed"];

    public string Packages => _folder["packages"];

    public string Root => _folder.Path;

    /// <summary>Copies the sample app with the demo model's files into a folder beside the feed.</summary>
    /// <returns>Its folder.</returns>
    public string CreateStoryteller(string name)
    {
        CopyStoryteller(_folder[name]);
        return _folder[name];
    }

    /// <summary>Copies the sample app with the demo model's files.</summary>
    /// <param name="folder">Where to; made when it is missing.</param>
    public static void CopyStoryteller(string folder)
    {
        string models = Path.Combine(folder, "Models", "demo");
        Directory.CreateDirectory(models);
        foreach (string file in Directory.GetFiles(Path.Combine(RepositoryFiles.Root, "tests", "MoeGen.Package.Tests", "Storyteller")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        foreach (string file in new[] { "config.json", "tokenizer.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(RepositoryFiles.DemoModel, file), Path.Combine(models, file));
        }
    }

    public void Dispose() => _folder.Dispose();
}

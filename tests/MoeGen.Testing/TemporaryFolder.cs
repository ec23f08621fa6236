namespace MoeGen.Testing;

/// <summary>An empty folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = Directory.CreateTempSubdirectory("moegen-test-").FullName;
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Write(string name, string content) => File.WriteAllText(this[name], content);

    public void Write(string name, byte[] content) => File.WriteAllBytes(this[name], content);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

using MoeGen.Cli.Models;
using MoeGen.Generator.Spec;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Models;

public class AssemblyCacheTests
{
    [Fact]
    public void DamagedFile_IsCompiledAnew()
    {
        ModelSpec spec = SpecOfItsOwn(1);
        string path = AssemblyCache.PathOf(SpecFingerprint.Of(spec));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "not an assembly");
        Assert.Equal(CodeOrigin.Compiled, ModelCompiler.GetOrCompile(spec, _ => { }).Origin);
        Assert.Equal(CodeOrigin.Cached, ModelCompiler.GetOrCompile(spec, _ => { }).Origin);
    }

    [Fact]
    public void CacheThatCannotBeWritten_CostsOnlyANote()
    {
        // the path of the folder is taken by a file
        using TemporaryFolder folder = new();
        folder.Write("file", "");
        List<string> notes = [];
        byte[] image = File.ReadAllBytes(typeof(AssemblyCacheTests).Assembly.Location);
        Assert.NotNull(AssemblyCache.Store(Path.Combine(folder["file"], "x.dll"), image, notes.Add));
        Assert.Contains("cannot be kept", Assert.Single(notes));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void CompiledModel_KnowsItsSpec()
    {
        ModelSpec spec = SpecOfItsOwn(3);
        ModelFactory factory = ModelCompiler.GetOrCompile(spec, _ => { });
        Assert.Equal(SpecFingerprint.Of(spec), factory.Info.Fingerprint);
        Assert.Equal("Qwen3Moe", factory.Info.Name);
    }

    private static ModelSpec SpecOfItsOwn(int number)
    {
        string config = File.ReadAllText(Path.Combine(RepositoryFiles.DemoModel, "config.json"));
        return ModelSpecReader.Read(config).Spec! with { Norm = new NormSpec(IsLayerNorm: false, number * 1e-3) };
    }
}

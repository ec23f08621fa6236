using System.IO.Compression;

namespace MoeGen.Package.Tests;

/// <summary>The package as its users meet it: restored from a feed, in a folder that knows nothing of this repository.</summary>
public sealed class PackageTests(PackageFixture fixture) : IClassFixture<PackageFixture>
{
    [Fact]
    public void Package_HoldsLibraryGeneratorAndTargets()
    {
        using ZipArchive package = ZipFile.OpenRead(Assert.Single(Directory.GetFiles(fixture.Feed, "MoeGen.*.nupkg")));
        string[] entries = [.. package.Entries.Select(entry => entry.FullName)];
        string[] expected =
        [
            "lib/net10.0/MoeGen.dll", "lib/net10.0/MoeGen.xml", "lib/net9.0/MoeGen.dll", "analyzers/dotnet/roslyn4.14/cs/MoeGen.Generator.dll",
            "build/MoeGen.targets", "buildTransitive/MoeGen.targets", "README.md", "THIRD-PARTY-NOTICES.md",
        ];
        Assert.All(expected, entry => Assert.Contains(entry, entries));
    }

    [Fact]
    public void SampleApp_BuildsFromThePackageAndWrites()
    {
        string app = fixture.CreateStoryteller("sample");
        Build(app);
        string output = DotNet.Run(app, fixture.Packages, "run", "--no-build");
        Assert.Contains("5 layers of 24 experts, 110592 bytes each", output);
        Assert.True(output.Length > 150, output);

        // the same seed, the same story
        Assert.Equal(output, DotNet.Run(app, fixture.Packages, "run", "--no-build"));
    }

    [Fact]
    public void UnchangedProject_IsNotCompiledAgain_ChangedConfigIs()
    {
        string app = fixture.CreateStoryteller("incremental");
        Build(app);
        Assert.Contains("Skipping target \"CoreCompile\"", Build(app, "-v:n"));

        string config = Path.Combine(app, "Models", "demo", "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_hidden_layers\": 5", "\"num_hidden_layers\": 4"));
        Assert.DoesNotContain("Skipping target \"CoreCompile\"", Build(app, "-v:n"));
        Assert.Contains("4 layers of 24 experts", DotNet.Run(app, fixture.Packages, "run", "--no-build"));
    }

    [Fact]
    public void FaultInTheConfig_IsACompilerErrorAtItsLine()
    {
        string app = fixture.CreateStoryteller("fault");
        string config = Path.Combine(app, "Models", "demo", "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_experts_per_tok\": 4", "\"num_experts_per_tok\": 40"));
        string output = DotNet.TryRun(app, fixture.Packages, out int exitCode, "build", "-nologo");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("config.json(15,25): error MOEG0005: num_experts_per_tok is 40 but num_experts is 24", output);
    }

    [Fact]
    public void MOEG0013_ConfigThatDoesNotExist_IsAnError()
    {
        string app = fixture.CreateStoryteller("missing");
        File.Delete(Path.Combine(app, "Models", "demo", "config.json"));
        string output = DotNet.TryRun(app, fixture.Packages, out int exitCode, "build", "-nologo");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("error MOEG0013: the MoeModel item names Models/demo/config.json, which does not exist", output);
    }

    [Fact]
    public void MOEG0014_CompilerThatCannotLoadTheGenerator_IsAnError()
    {
        string app = fixture.CreateStoryteller("old");
        string output = DotNet.TryRun(app, fixture.Packages, out int exitCode, "build", "-nologo", "-p:CompilerApiVersion=roslyn4.8");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("error MOEG0014: the compiler is roslyn4.8", output);
    }

    [Fact]
    public void AppOverAnotherPackage_GetsTheGeneratorTransitively()
    {
        // a package of somebody's that uses MoeGen
        string library = Path.Combine(fixture.Root, "library");
        Directory.CreateDirectory(library);
        File.WriteAllText(Path.Combine(library, "Library.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageReference Include="MoeGen" Version="0.1.0" /></ItemGroup>
            </Project>
            """);
        DotNet.Run(library, fixture.Packages, "pack", "-o", fixture.Feed, "-nologo");

        // an app that knows only that package
        string app = fixture.CreateStoryteller("transitive");
        string project = Path.Combine(app, "Storyteller.csproj");
        File.WriteAllText(
            project, File.ReadAllText(project).Replace("Include=\"MoeGen\" Version=\"0.1.0\"", "Include=\"Library\" Version=\"1.0.0\""));
        Build(app);
        Assert.Contains("5 layers of 24 experts", DotNet.Run(app, fixture.Packages, "run", "--no-build"));
    }

    private string Build(string app, params string[] options) =>
        DotNet.Run(app, fixture.Packages, ["build", "-nologo", "-warnaserror", .. options]);
}

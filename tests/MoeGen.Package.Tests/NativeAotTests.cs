using MoeGen.Testing;

namespace MoeGen.Package.Tests;

/// <summary>The sample app compiled ahead of time: one native file that writes the same story.</summary>
public sealed class NativeAotTests(PackageFixture fixture) : IClassFixture<PackageFixture>
{
    private const string Platform = "linux-x64";

    [Fact]
    public void SampleApp_CompiledAheadOfTime_WritesTheSame()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.Is64BitProcess, "compiles for Linux on x64");
        Assert.SkipUnless(HasLinker(), "needs gcc or clang, which link what the compiler has made");

        // the compiler comes from the machine's own feeds, which the folders beside the package know nothing of
        using TemporaryFolder folder = new();
        string app = folder["app"];
        PackageFixture.CopyStoryteller(app);
        string project = Path.Combine(app, "Storyteller.csproj");
        File.WriteAllText(project, File.ReadAllText(project).Replace("net10.0", "net9.0"));
        folder.Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="local" value="{fixture.Feed}" />
              </packageSources>
            </configuration>
            """);

        // it still carries the framework that it links: the package that later ones have for that, and not every feed holds, is not needed
        folder.Write("Directory.Build.targets", """
            <Project>
              <ItemGroup>
                <KnownRuntimePack Remove="@(KnownRuntimePack->WithMetadataValue('RuntimePackLabels','NativeAOT'))" />
              </ItemGroup>
            </Project>
            """);
        string restored = DotNet.TryRun(
            app, fixture.Packages, out int exitCode, "restore", "-nologo", "-r", Platform, "-p:PublishAot=true");
        Assert.SkipWhen(exitCode != 0 && restored.Contains("NU1", StringComparison.Ordinal), "no feed has the compiler: " + restored);

        // the instructions of this machine, which the just-in-time compiler uses too: the same numbers, the same story
        DotNet.Run(
            app, fixture.Packages, "publish", "-nologo", "-warnaserror", "-r", Platform, "-o", "native", "-p:PublishAot=true",
            "-p:IlcInstructionSet=native");
        string expected = DotNet.Run(fixture.CreateStoryteller("jit"), fixture.Packages, "run");
        Assert.Equal(expected, DotNet.RunProgram(app, Path.Combine(app, "native", "Storyteller")));
    }

    [Theory]
    [InlineData("linux-x64", "", "x86-x64-v3")]
    [InlineData("linux-x64", "native", "native")]
    [InlineData("linux-arm64", "", "")]
    public void InstructionSet_IsNotThatOfTheOldestProcessors(string platform, string asked, string expected)
    {
        string app = fixture.CreateStoryteller($"instructions-{platform}{asked}");
        DotNet.Run(app, fixture.Packages, "restore", "-nologo");
        string[] options = asked.Length > 0 ? [$"-p:IlcInstructionSet={asked}"] : [];
        string found = DotNet.Run(
            app, fixture.Packages,
            ["msbuild", "-nologo", "-getProperty:IlcInstructionSet", $"-p:RuntimeIdentifier={platform}", "-p:PublishAot=true", .. options]);
        Assert.Equal(expected, found.Trim());
    }

    private static bool HasLinker() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "gcc")) || File.Exists(Path.Combine(folder, "clang")));
}

using MoeGen.Testing;

namespace MoeGen.Package.Tests;

/// <summary>What the README shows is what the tests run.</summary>
public class ReadmeTests
{
    private static readonly string s_readme = File.ReadAllText(Path.Combine(RepositoryFiles.Root, "README.md"));

    [Fact]
    public void Example_IsTheSampleApp() => Assert.Contains($"```csharp\n{Sample("Program.cs")}```", s_readme);

    [Theory]
    [InlineData("<PackageReference Include=\"MoeGen\" Version=\"0.1.0\" />")]
    [InlineData("<MoeModel Include=\"Models/demo/config.json\" Name=\"Demo\" />")]
    public void ItemsOfTheExample_AreThoseOfTheSampleApp(string item)
    {
        Assert.Contains(item, s_readme);
        Assert.Contains(item, Sample("Storyteller.csproj"));
    }

    [Fact]
    public void TestCommand_IsTheOneThatContinuousIntegrationRuns()
    {
        const string Command = "dotnet test -c Release";
        Assert.Contains($"```sh\n{Command}\n```", s_readme);
        Assert.Contains($"\n{Command} ", File.ReadAllText(Path.Combine(RepositoryFiles.Root, ".ci", "run")));
    }

    [Fact]
    public void Links_LeadToFilesOfTheRepository()
    {
        foreach (string document in new[] { "README.md", "DESIGN.md", "CONTRIBUTING.md", "models/demo/MODEL.md", "models/demo/training/README.md" })
        {
            string path = Path.Combine(RepositoryFiles.Root, document);
            foreach (string link in File.ReadAllText(path).Split("](").Skip(1).Select(rest => rest[..rest.IndexOf(')')]))
            {
                bool isInside = !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith('#');
                Assert.True(!isInside || Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, link)), $"{document} links to {link}");
            }
        }
    }

    private static string Sample(string name) =>
        File.ReadAllText(Path.Combine(RepositoryFiles.Root, "tests", "MoeGen.Package.Tests", "Storyteller", name));
}

using System.Runtime.CompilerServices;
using MoeGen.Generator.Emit;
using Xunit;

namespace MoeGen.Testing;

/// <summary>
/// Compares texts with files beside the tests, under Verify's names: <c>Class.Method#Hint.verified.cs</c> is what was agreed, a
/// <c>.received.cs</c> appears where a test got something else. <c>UPDATE_SNAPSHOTS=1</c> accepts what comes.
/// </summary>
internal static class Snapshot
{
    private const string UpdateVariable = "UPDATE_SNAPSHOTS";

    /// <summary>Compares every text; fails once, naming all that differ.</summary>
    /// <param name="className">The test's class.</param>
    /// <param name="case">The case, part of the file's name.</param>
    /// <param name="texts">Hint names and texts.</param>
    /// <param name="testFile">Filled in by the compiler.</param>
    public static void Verify(
        string className, string @case, IEnumerable<(string Hint, string Text)> texts, [CallerFilePath] string testFile = "")
    {
        string folder = Path.Combine(FolderOf(testFile), "_snapshots");
        Directory.CreateDirectory(folder);
        List<string> differences = [];
        HashSet<string> known = [];
        foreach ((string hint, string text) in texts)
        {
            string stem = Path.Combine(folder, $"{className}.{@case}#{Path.GetFileNameWithoutExtension(hint)}");
            string verified = stem + ".verified.cs", received = stem + ".received.cs";
            known.Add(verified);
            string scrubbed = text.Replace(GeneratorVersion.Text, "{version}", StringComparison.Ordinal);
            File.Delete(received);
            if (File.Exists(verified) && File.ReadAllText(verified) == scrubbed)
            {
                continue;
            }

            bool accepts = Environment.GetEnvironmentVariable(UpdateVariable) == "1";
            File.WriteAllText(accepts ? verified : received, scrubbed);
            if (!accepts)
            {
                differences.Add(received);
            }
        }

        // a file that no text belongs to any more would be agreed for ever
        differences.AddRange(Directory.GetFiles(folder, $"{className}.{@case}#*.verified.cs").Where(path => !known.Contains(path)));
        Assert.True(
            differences.Count == 0,
            $"Differs from the snapshot; look at these files, and accept them with {UpdateVariable}=1 if they are right:\n"
            + string.Join('\n', differences));
    }

    // the build maps source paths where it is deterministic: what is behind tests/ leads back
    private static string FolderOf(string testFile)
    {
        string folder = Path.GetDirectoryName(testFile)!;
        string relative = folder[folder.LastIndexOf("tests", StringComparison.Ordinal)..];
        return Directory.Exists(folder) ? folder : Path.Combine(RepositoryFiles.Root, relative);
    }
}

using System.Diagnostics;

namespace MoeGen.Package.Tests;

/// <summary>Runs the dotnet command, or what it has built, as a user would, in a folder, and keeps what it prints.</summary>
internal static class DotNet
{
    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>Its standard output and error.</returns>
    public static string Run(string folder, string? packagesFolder, params string[] args)
    {
        string output = TryRun(folder, packagesFolder, out int exitCode, args);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', args)} ended with {exitCode}:\n{output}");
        return output;
    }

    /// <summary>Runs a command.</summary>
    /// <param name="folder">Working folder.</param>
    /// <param name="packagesFolder">Where restored packages go, so that those of the machine play no part; null: where they always
    /// go.</param>
    /// <param name="exitCode">Its exit code.</param>
    /// <param name="args">Arguments.</param>
    public static string TryRun(string folder, string? packagesFolder, out int exitCode, params string[] args)
    {
        ProcessStartInfo start = new("dotnet", args) { WorkingDirectory = folder };

        // servers that outlive the command would hold files of the temporary folder
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";

        // what the test runner sets for itself is not for the builds of a stranger
        foreach (string name in new[] { "MSBUILD_EXE_PATH", "MSBuildSDKsPath", "MSBuildExtensionsPath", "VSTEST_CURRENT_ARTIFACTS" })
        {
            start.Environment.Remove(name);
        }

        if (packagesFolder is not null)
        {
            start.Environment["NUGET_PACKAGES"] = packagesFolder;
        }

        return Run(start, out exitCode);
    }

    /// <summary>Runs a program that was built, which must succeed.</summary>
    /// <param name="folder">Working folder.</param>
    /// <param name="program">The program.</param>
    /// <returns>Its standard output and error.</returns>
    public static string RunProgram(string folder, string program)
    {
        string output = Run(new ProcessStartInfo(program) { WorkingDirectory = folder }, out int exitCode);
        Assert.True(exitCode == 0, $"{program} ended with {exitCode}:\n{output}");
        return output;
    }

    private static string Run(ProcessStartInfo start, out int exitCode)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        exitCode = process.ExitCode;
        return output.Result + error.Result;
    }
}

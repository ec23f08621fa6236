using System.Text;

namespace MoeGen.Cli;

/// <summary>Where a command reads and writes: the console's streams, or those of a test.</summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Standard output: results only, as UTF-8.</param>
/// <param name="Error">Standard error: progress, notes, and the one line of an error.</param>
/// <param name="IsErrorTerminal">Whether a person may be watching the progress.</param>
internal sealed record CliStreams(Stream Input, Stream Output, TextWriter Error, bool IsErrorTerminal)
{
    public static CliStreams FromConsole() =>
        new(Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Error, !Console.IsErrorRedirected);

    /// <summary>Writes text to standard output.</summary>
    public void Write(string text) => Output.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a line to standard output.</summary>
    public void WriteLine(string line) => Write(line + "\n");

    /// <summary>Reads all of standard input.</summary>
    public byte[] ReadInput()
    {
        using MemoryStream buffer = new();
        Input.CopyTo(buffer);
        return buffer.ToArray();
    }
}

namespace MoeGen.Cli;

/// <summary>A command cannot go on; the message is the one line that the user sees.</summary>
internal sealed class CliException(string message) : Exception(message);

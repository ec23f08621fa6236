namespace MoeGen.Tests.Files;

/// <summary>What is wrong with a file of a test.</summary>
internal sealed class FileFault(string message) : MoeGenException(message);

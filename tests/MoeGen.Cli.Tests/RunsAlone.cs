namespace MoeGen.Cli.Tests;

/// <summary>Tests that measure the whole process: they run when no other test does.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;

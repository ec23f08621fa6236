using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using MoeGen;
using MoeGen.Benchmarks;

// whoever stops this program stops the tool that it runs: a child of a killed parent would go on measuring
using CancellationTokenSource interrupt = new();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !interrupt.IsCancellationRequested; // a second signal ends the process at once
    interrupt.Cancel();
}

using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration onTermination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

Command root = new RootCommand("Measures MoeGen and writes the pages of docs/ that hold measured numbers.")
{
    OffloadingCommand.Create(), ExpertMapsCommand.Create(), TradeOffsCommand.Create(), AttentionCommand.Create(),
    PeersCommand.Create(), BatchingCommand.Create(), KernelsCommand.Create(),
};
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (ParseError error in parsed.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }

    return 2;
}

try
{
    InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await parsed.InvokeAsync(configuration, interrupt.Token);
}
catch (OperationCanceledException)
{
    bool canContinue = parsed.CommandResult.Command.Options.Any(option => option.Name == "--continue");
    Console.Error.WriteLine("interrupted" + (canContinue ? "; the same command with --continue goes on from here" : ""));
    return 130;
}
catch (Exception exception) when (exception is MoeGenException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
    return 1;
}

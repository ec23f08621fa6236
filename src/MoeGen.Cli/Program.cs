using MoeGen.Cli;

// Ctrl-C asks politely: the command stops between two layers, cleans up and exits with 130
using CancellationTokenSource interrupt = new();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = !interrupt.IsCancellationRequested; // a second Ctrl-C ends the process at once
    interrupt.Cancel();
};

return await CommandLine.RunAsync(args, CliStreams.FromConsole(), interrupt.Token);

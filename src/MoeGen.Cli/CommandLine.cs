using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using MoeGen.Cli.Commands;

namespace MoeGen.Cli;

/// <summary>The `moegen` tool: its commands, and how errors become exit codes.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command.</summary>
    /// <param name="args">Arguments without the program's name.</param>
    /// <param name="streams">Where to read and write.</param>
    /// <param name="cancellationToken">Ctrl-C.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, CliStreams streams, CancellationToken cancellationToken)
    {
        // not a RootCommand: that one is called as the executable is, MoeGen.Cli
        Command root = new("moegen", "Runs Mixture-of-Experts language models whose C# code is generated from their config.json.")
        {
            new HelpOption(),
            new VersionOption(),
            RunCommand.Create(streams),
            InspectCommand.Create(streams),
            EmitCommand.Create(streams),
            PackCommand.Create(streams),
            InflateCommand.Create(streams),
            LogitsCommand.Create(streams),
            TokenizeCommand.Create(streams),
            TemplateCommand.Create(streams),
            EvalCommand.Create(streams),
            BenchCommand.Create(streams),
            CalibrateCommand.Create(streams),
            TraceCommand.Create(streams),
            SimulateCommand.Create(streams),
            PlanCommand.Create(streams),
        };

        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
            {
                streams.Error.WriteLine(error.Message);
            }

            streams.Error.WriteLine($"See `moegen {string.Join(' ', CommandPath(parsed))}--help`.");
            return ExitCodes.WrongUsage;
        }

        try
        {
            using StreamWriter output = new(streams.Output, leaveOpen: true);
            InvocationConfiguration configuration = new()
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = output,
                Error = streams.Error,
            };
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            // one line, whatever the message holds
            streams.Error.WriteLine("moegen: " + exception.Message.ReplaceLineEndings(" "));
            return ExitCodes.Failed;
        }
    }

    /// <summary>Defines the action of a command.</summary>
    public static void SetAction(Command command, Action<ParseResult, CancellationToken> action) =>
        command.SetAction((parsed, cancellationToken) =>
        {
            // a command computes for long and awaits nothing: off the thread that listens for Ctrl-C
            return Task.Run(() => action(parsed, cancellationToken), cancellationToken);
        });

    // errors that the input or the machine can cause; anything else is a bug and shows its stack
    private static bool IsExpected(Exception exception) =>
        exception is MoeGenException or CliException or IOException or UnauthorizedAccessException or OutOfMemoryException;

    private static string[] CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Parent is null ? [] : [parsed.CommandResult.Command.Name + " "];
}

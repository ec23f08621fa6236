using MoeGen.Planning;

namespace MoeGen.Cli.Models;

/// <summary>Finds the method of `--offload auto` and says why it is the one.</summary>
internal static class AutoMethod
{
    /// <summary>The options with the method that a profile finds.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">Threads, context and budget.</param>
    /// <param name="auto">What is asked for; null: the method was named, and stays.</param>
    /// <param name="streams">Where progress and the explanation go.</param>
    /// <param name="cancellationToken">Stops the profile.</param>
    public static MoeOptions Resolve(
        ModelFolder folder, MoeOptions options, AutoOptions? auto, CliStreams streams, CancellationToken cancellationToken)
    {
        if (auto is null)
        {
            return options;
        }

        ModelFactory factory = ModelLoader.FindFactory(folder, streams);
        auto = auto with { Progress = text => streams.Error.WriteLine($"moegen: auto: {text}") };
        AutoChoice choice = AutoOffloading.Choose(
            tried => factory.Load(folder.Path, tried, cancellationToken), options, auto, cancellationToken);
        streams.Error.WriteLine($"moegen: auto: {choice.Offloading.Name}: {choice.Explanation}");
        return options with { Offloading = choice.Offloading };
    }
}

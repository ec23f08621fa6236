namespace MoeGen.Cli.Models;

/// <summary>Loads a generated model.</summary>
internal delegate MoeModel LoadModel(string folder, MoeOptions? options, CancellationToken cancellationToken);

/// <summary>How the code of a model came to be here.</summary>
internal enum CodeOrigin
{
    /// <summary>Generated when the tool was built.</summary>
    BuiltIn,

    /// <summary>Generated and compiled in this run.</summary>
    Compiled,

    /// <summary>Compiled by an earlier run.</summary>
    Cached,
}

/// <summary>A generated model class, ready to load weights.</summary>
internal sealed record ModelFactory(ModelInfo Info, LoadModel Load, CodeOrigin Origin);

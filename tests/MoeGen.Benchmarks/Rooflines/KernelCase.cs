using MoeGen.Engine;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>A kernel with its operands in memory.</summary>
internal sealed class KernelCase : IDisposable
{
    private readonly IDisposable[] _owned;

    /// <summary>Describes the case.</summary>
    /// <param name="owned">Memory of its operands, disposed with it.</param>
    public KernelCase(params IDisposable[] owned)
    {
        _owned = owned;
    }

    /// <summary>The kernel, as the page names it.</summary>
    public required string Kernel { get; init; }

    /// <summary>Format of the weights, of keys and values, or of the weights that the outputs meet.</summary>
    public required string Format { get; init; }

    /// <summary>Tokens of a run.</summary>
    public required int NumTokens { get; init; }

    /// <summary>What a run has to do.</summary>
    public required KernelWork Work { get; init; }

    /// <summary>What it multiplies with.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>What it reads, run after run; the loop that it is compared with reads the same.</summary>
    public required MemoryRange Memory { get; init; }

    /// <summary>Runs the kernel; all workers call it together, with the number of the run.</summary>
    public required Action<Worker, int> Run { get; init; }

    public void Dispose() => Array.ForEach(_owned, owned => owned.Dispose());
}

using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit;

/// <summary>What the generated class is called, and what it computes. Immutable, value-equal; adding a member must keep both.</summary>
internal sealed record ModelDeclaration(ModelName Name, ModelSpec Spec)
{
    /// <summary>Whether code for a GPU is written.</summary>
    public bool HasGpuHalf { get; init; }
}

/// <summary>Where the generated class lives. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="ClassName">Name of the class, an identifier.</param>
/// <param name="Namespace">The user's namespace; empty: the global one.</param>
internal sealed record ModelName(string ClassName, string Namespace)
{
    /// <summary>The class as code outside its namespace writes it.</summary>
    public string GlobalName => Namespace.Length == 0 ? $"global::{ClassName}" : $"global::{Namespace}.{ClassName}";

    /// <summary>
    /// Namespace of the parts that users see only through the model: below MoeGen, where no name of the user's can get in the way.
    /// </summary>
    public string PartsNamespace => IsGpu ? CpuNamespace + ".Gpu" : CpuNamespace;

    /// <summary>Namespace of the parts that the processor runs, and of what both halves share: shapes and the weight map.</summary>
    internal string CpuNamespace => $"MoeGen.Generated.{ClassName}";

    /// <summary>
    /// The parts are those of the GPU half: the same code, whose names (Matrix, Activations, MatMul and so on) are those of MoeGen.Gpu.
    /// </summary>
    [LaterMember]
    public bool IsGpu { get; init; }
}

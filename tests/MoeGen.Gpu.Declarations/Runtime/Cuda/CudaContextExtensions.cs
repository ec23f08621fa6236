namespace ILGPU.Runtime.Cuda;

/// <summary>How GPUs of NVIDIA's are asked for and found.</summary>
public static class CudaContextExtensions
{
    public static Context.Builder Cuda(this Context.Builder builder) => builder;

    public static Context.DeviceCollection<CudaDevice> GetCudaDevices(this Context context) => context.GetDevices<CudaDevice>();
}

namespace ILGPU.Runtime.Cuda;

/// <summary>A GPU of NVIDIA's, of which there are none here.</summary>
public sealed class CudaDevice : Device
{
    private CudaDevice()
        : base(AcceleratorType.Cuda)
    {
    }

    public override Accelerator CreateAccelerator(Context context) => throw new NotSupportedException("There are no GPUs here.");
}

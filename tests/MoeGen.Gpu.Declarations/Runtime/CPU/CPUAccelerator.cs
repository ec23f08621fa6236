namespace ILGPU.Runtime.CPU;

/// <summary>Runs kernels on threads of this machine.</summary>
public sealed class CPUAccelerator : Accelerator
{
    internal CPUAccelerator(Context context, CPUDevice device)
        : base(context, device)
    {
    }
}

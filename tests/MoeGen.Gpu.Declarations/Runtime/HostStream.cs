namespace ILGPU.Runtime;

/// <summary>The only kind of stream here.</summary>
internal sealed class HostStream(Accelerator accelerator) : AcceleratorStream(accelerator)
{
    public override void Synchronize()
    {
    }
}

namespace ILGPU.Runtime;

/// <summary>An order of launches and copies. Here each of them is done when its call returns.</summary>
public abstract class AcceleratorStream : AcceleratorObject
{
    private protected AcceleratorStream(Accelerator accelerator)
        : base(accelerator)
    {
    }

    public abstract void Synchronize();

    /// <exception cref="ArgumentException">The stream belongs to another accelerator.</exception>
    internal void CheckOwner(Accelerator accelerator)
    {
        if (Accelerator != accelerator)
        {
            throw new ArgumentException("the stream belongs to another accelerator");
        }
    }
}

using MoeGen.Engine;

namespace MoeGen.Gpu;

/// <summary>What a generated model brings for a GPU: its working memory and its layers.</summary>
public abstract class GpuHalf : DeviceHalf
{
    /// <summary>Makes the layers.</summary>
    /// <param name="weights">The weights on the device.</param>
    protected internal abstract void Start(WeightStore weights);

    /// <summary>Makes the working memory of a pass.</summary>
    /// <param name="device">The device.</param>
    /// <param name="maxTokens">Most tokens of one run.</param>
    /// <param name="maxLogits">Most tokens whose logits are asked for.</param>
    protected internal abstract ForwardPass CreatePass(GpuDevice device, int maxTokens, int maxLogits);

    /// <summary>Runs a pass.</summary>
    /// <param name="pass">A pass that <see cref="CreatePass"/> made.</param>
    /// <param name="worker">The worker that drives the device.</param>
    protected internal abstract void Forward(ForwardPass pass, Worker worker);

    /// <summary>Runs the encoder on an input, and prepares what the decoder sees of it.</summary>
    /// <param name="pass">A pass that <see cref="CreatePass"/> made.</param>
    /// <param name="worker">The worker that drives the device.</param>
    protected internal virtual void Encode(ForwardPass pass, Worker worker) => throw new NotSupportedException("The model has no encoder.");

    internal override ModelDevice Open(ModelInfo info, MoeOptions options) => new GpuModel(this, info, options);
}

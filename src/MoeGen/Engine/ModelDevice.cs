using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Weights;

namespace MoeGen.Engine;

/// <summary>An open device that holds the weights of one model and runs its passes.</summary>
internal abstract class ModelDevice : IDisposable
{
    /// <summary>The device, for people.</summary>
    public abstract string Name { get; }

    /// <summary>Bytes of its memory that a model may take.</summary>
    public abstract long MemoryBytes { get; }

    /// <summary>Allocates the slots of experts on the device; disposed by the caller.</summary>
    /// <param name="numSlots">Slots.</param>
    /// <param name="slotBytes">Bytes of a slot.</param>
    public abstract ISlotMemory CreateSlots(int numSlots, long slotBytes);

    /// <summary>Puts host memory between a source and the slots.</summary>
    /// <param name="source">What experts are read from; taken over.</param>
    public abstract IExpertSource Cache(IExpertSource source);

    /// <summary>Copies what is outside the experts to the device, and makes the layers.</summary>
    /// <param name="weights">The weights in host memory; they live longer.</param>
    public abstract void Start(WeightStore weights);

    /// <summary>Makes the working memory of a pass.</summary>
    /// <param name="maxTokens">Most tokens of one run.</param>
    /// <param name="maxLogits">Most tokens whose logits are asked for.</param>
    public abstract ForwardPass CreatePass(int maxTokens, int maxLogits);

    /// <summary>Runs a pass to its end.</summary>
    /// <param name="pass">A pass that <see cref="CreatePass"/> made.</param>
    /// <param name="worker">The worker that drives the device.</param>
    public abstract void Forward(ForwardPass pass, Worker worker);

    /// <summary>Runs the encoder on the input of a pass, to its end.</summary>
    /// <param name="pass">A pass that <see cref="CreatePass"/> made.</param>
    /// <param name="worker">The worker that drives the device.</param>
    public abstract void Encode(ForwardPass pass, Worker worker);

    public abstract void Dispose();
}

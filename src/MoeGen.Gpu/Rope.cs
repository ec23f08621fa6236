using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;
using MoeGen.Kernels;

namespace MoeGen.Gpu;

/// <summary>Rotary positions: the processor makes the few cosines and sines of a pass, the device turns queries and keys.</summary>
public sealed class Rope
{
    private readonly MoeGen.Kernels.Rope _rope;
    private readonly bool _isInterleaved;

    /// <summary>Describes the rotation.</summary>
    /// <param name="frequencies">Frequency of each pair.</param>
    /// <param name="isInterleaved">Neighbours are pairs; else the two halves are.</param>
    public Rope(RopeFrequencies frequencies, bool isInterleaved)
    {
        _rope = new MoeGen.Kernels.Rope(frequencies, isInterleaved);
        _isInterleaved = isInterleaved;
    }

    /// <summary>Computes the cosines and sines of a pass, once, before its layers.</summary>
    /// <param name="rotations">Receives a row for each token, [numTokens, RotaryDim].</param>
    /// <param name="segments">The tokens of the pass.</param>
    /// <param name="worker">The calling worker.</param>
    public void Prepare(Activations rotations, ReadOnlySpan<Segment> segments, Worker worker)
    {
        int numTokens = 0;
        foreach (Segment segment in segments)
        {
            _rope.Prepare(
                rotations.Buffer.Host.Skip(numTokens), segment.FirstPosition, segment.NumTokens, segment.Length, worker);
            numTokens += segment.NumTokens;
        }

        rotations.Buffer.Upload(numTokens);
    }

    /// <summary>Rotates a part of every head in place.</summary>
    /// <param name="x">Heads side by side, [numTokens, numHeads * headDim].</param>
    /// <param name="rotations">What <see cref="Prepare"/> made for these tokens.</param>
    /// <param name="numHeads">Heads of a row.</param>
    /// <param name="headDim">Elements of a head.</param>
    /// <param name="firstDim">First element of a head that is rotated; RotaryDim of them are.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void Rotate(Activations x, Activations rotations, int numHeads, int headDim, int firstDim, int numTokens, Worker worker)
    {
        GpuDevice device = x.Device;
        RotationShape shape = new()
        {
            Stride = x.Stride,
            HeadDim = headDim,
            FirstDim = firstDim,
            RotaryDim = _rope.RotaryDim,
            IsInterleaved = _isInterleaved ? 1 : 0,
        };
        device.Kernels(static accelerator => new Launch(accelerator)).Rotate(
            device.Stream, device.Groups(numHeads, numTokens), x.Floats, rotations.Floats, shape);
    }

    private sealed class Launch(Accelerator accelerator)
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, RotationShape> Rotate =
            accelerator.LoadKernel<ArrayView<float>, ArrayView<float>, RotationShape>(RotationKernel.Rotate);
    }
}

using System.Runtime.InteropServices;
using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen.Cli.Output;

/// <summary>
/// Reference output: <c>logits</c> [tokens, vocabulary], and for every sparse layer N <c>router.layers.N.probs</c> [tokens, experts],
/// <c>.index</c> and <c>.weight</c> [tokens, top-k], best first. Written as the passes go, so that long inputs need no memory.
/// </summary>
internal sealed class LogitsFile : IRoutingObserver, IDisposable
{
    private const string Logits = "logits";

    private readonly SafetensorsWriter _writer;
    private readonly RouterProbabilities _meaning;
    private readonly float[] _probabilities; // [experts]

    public LogitsFile(string path, ModelInfo info, int numTokens)
    {
        _meaning = info.RouterProbabilities;
        _probabilities = new float[info.NumExperts];
        List<TensorOutline> tensors = [new(Logits, TensorType.F32, [numTokens, info.VocabSize])];
        foreach (int layer in info.SparseLayers)
        {
            tensors.Add(new TensorOutline(Probabilities(layer), TensorType.F32, [numTokens, info.NumExperts]));
            tensors.Add(new TensorOutline(Index(layer), TensorType.I32, [numTokens, info.TopK]));
            tensors.Add(new TensorOutline(Weight(layer), TensorType.F32, [numTokens, info.TopK]));
        }

        _writer = new SafetensorsWriter(path, tensors);
    }

    public void OnRouted(int layer, ForwardPass pass)
    {
        for (int token = 0; token < pass.NumTokens; token++)
        {
            ToProbabilities(pass.Routing, token);
            Write(Probabilities(layer), pass.FirstPosition + token, MemoryMarshal.AsBytes(_probabilities.AsSpan()));
            Write(Index(layer), pass.FirstPosition + token, MemoryMarshal.AsBytes(pass.Routing.TopKIds(token)));
            Write(Weight(layer), pass.FirstPosition + token, MemoryMarshal.AsBytes(pass.Routing.TopKWeights(token)));
        }
    }

    /// <summary>Writes the logits of a pass that has computed them for all of its tokens.</summary>
    public void WriteLogits(ForwardPass pass)
    {
        for (int token = 0; token < pass.NumTokens; token++)
        {
            Write(Logits, pass.FirstPosition + token, MemoryMarshal.AsBytes(pass.Logits[token]));
        }
    }

    public void Commit() => _writer.Commit();

    public void Dispose() => _writer.Dispose();

    private void Write(string tensor, int row, ReadOnlySpan<byte> bytes) => _writer.Write(tensor, (long)row * bytes.Length, bytes);

    private void ToProbabilities(Routing routing, int token)
    {
        ReadOnlySpan<float> logits = routing.Logits[token];
        switch (_meaning)
        {
            case RouterProbabilities.Softmax:
                Softmax(logits, _probabilities);
                break;
            case RouterProbabilities.Sigmoid:
                for (int i = 0; i < logits.Length; i++)
                {
                    _probabilities[i] = (float)(1 / (1 + Math.Exp(-(double)logits[i])));
                }

                break;
            default:
                Array.Clear(_probabilities);
                for (int k = 0; k < routing.TopK; k++)
                {
                    _probabilities[routing.TopKIds(token)[k]] = routing.TopKWeights(token)[k];
                }

                break;
        }
    }

    private static void Softmax(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        double maximum = logits[0];
        foreach (float logit in logits)
        {
            maximum = Math.Max(maximum, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - maximum);
        }

        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] = (float)(Math.Exp(logits[i] - maximum) / sum);
        }
    }

    private static string Probabilities(int layer) => $"router.layers.{layer}.probs";

    private static string Index(int layer) => $"router.layers.{layer}.index";

    private static string Weight(int layer) => $"router.layers.{layer}.weight";
}

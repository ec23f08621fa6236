using System.Runtime.InteropServices;
using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Kernels;
using MoeGen.Weights;

namespace MoeGen.Cli.Output;

/// <summary>
/// Reference output: <c>logits</c> [tokens, vocabulary], and for every sparse layer N <c>router.layers.N.probs</c> [tokens, experts],
/// <c>.index</c> and <c>.weight</c> [tokens, top-k], best first; of a model with an encoder <c>router.encoder.N</c> and
/// <c>router.decoder.N</c>. Written as the passes go, so that long inputs need no memory.
/// </summary>
internal sealed class LogitsFile : IRoutingObserver, IDisposable
{
    private const string Logits = "logits";

    private readonly SafetensorsWriter _writer;
    private readonly ModelInfo _info;
    private readonly float[] _probabilities; // [experts]

    /// <summary>Creates the file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="info">The model.</param>
    /// <param name="numTokens">Tokens whose logits are to come.</param>
    /// <param name="numInputs">Tokens that an encoder reads.</param>
    public LogitsFile(string path, ModelInfo info, int numTokens, int numInputs = 0)
    {
        _info = info;
        _probabilities = new float[info.NumExperts];
        List<TensorOutline> tensors = [new(Logits, TensorType.F32, [numTokens, info.VocabSize])];
        foreach (int layer in info.SparseLayers)
        {
            int rows = layer < info.NumEncoderLayers ? numInputs : numTokens;
            tensors.Add(new TensorOutline(Probabilities(layer), TensorType.F32, [rows, info.NumExperts]));
            tensors.Add(new TensorOutline(Index(layer), TensorType.I32, [rows, info.TopK]));
            tensors.Add(new TensorOutline(Weight(layer), TensorType.F32, [rows, info.TopK]));
        }

        _writer = new SafetensorsWriter(path, tensors);
    }

    public void OnRouted(int layer, Activations normed, ForwardPass pass)
    {
        for (int token = 0; token < pass.NumTokens; token++)
        {
            ToProbabilities(pass.Routing, token);
            Write(Probabilities(layer), pass.Segments[0].FirstPosition + token, MemoryMarshal.AsBytes(_probabilities.AsSpan()));
            Write(Index(layer), pass.Segments[0].FirstPosition + token, MemoryMarshal.AsBytes(pass.Routing.TopKIds(token)));
            Write(Weight(layer), pass.Segments[0].FirstPosition + token, MemoryMarshal.AsBytes(pass.Routing.TopKWeights(token)));
        }
    }

    /// <summary>Writes the logits of a pass that has computed them for all of its tokens.</summary>
    public void WriteLogits(ForwardPass pass)
    {
        for (int token = 0; token < pass.NumTokens; token++)
        {
            Write(Logits, pass.Segments[0].FirstPosition + token, MemoryMarshal.AsBytes(pass.Logits[token]));
        }
    }

    public void Commit() => _writer.Commit();

    public void Dispose() => _writer.Dispose();

    private void Write(string tensor, int row, ReadOnlySpan<byte> bytes) => _writer.Write(tensor, (long)row * bytes.Length, bytes);

    private void ToProbabilities(Routing routing, int token)
    {
        ReadOnlySpan<float> logits = routing.Logits[token];
        switch (_info.RouterProbabilities)
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

    private string Probabilities(int layer) => Router(layer) + ".probs";

    private string Index(int layer) => Router(layer) + ".index";

    private string Weight(int layer) => Router(layer) + ".weight";

    private string Router(int layer) =>
        !_info.HasEncoder ? $"router.layers.{layer}"
        : layer < _info.NumEncoderLayers ? $"router.encoder.{layer}"
        : $"router.decoder.{layer - _info.NumEncoderLayers}";
}

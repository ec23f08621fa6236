using System.Runtime.InteropServices;
using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen.Traces;

/// <summary>
/// Reads rows of a trace and checks every value. It holds a window of about a megabyte of each tensor, so reading forwards costs few reads
/// and no memory that grows with the trace.
/// </summary>
internal sealed class TraceReader
{
    private const int WindowBytes = 1 << 20;

    // f16 moves every probability by up to 1/2048 of itself, and so their sum
    private const float MaxSumError = 1f / 256;

    private readonly ActivationTrace _trace;
    private readonly Dictionary<string, Window> _windows = [];
    private readonly ExpertGrid _grid;
    private int[] _experts = []; // [tokens, layers, topK] that were read last

    public TraceReader(ActivationTrace trace, SafetensorsFile file)
    {
        _trace = trace;
        _grid = trace.Info.Grid;
        foreach (TraceColumn column in TraceColumn.Of(trace.Info, trace.HasNextProbabilities))
        {
            _windows.Add(column.Name, new Window(file, column, trace.NumTokens));
        }
    }

    /// <summary>Reads a pass.</summary>
    /// <param name="index">0-based pass.</param>
    /// <param name="pass">Receives it.</param>
    /// <exception cref="TraceException">A value makes no sense.</exception>
    public void Read(int index, TracePass pass)
    {
        TracePassInfo info = _trace.Passes[index];
        pass.Begin(info.NumTokens);
        pass.Sequence = info.Sequence;
        pass.IsPrompt = info.IsPrompt;
        Rows(TraceColumn.Token, info).CopyTo(MemoryMarshal.AsBytes(pass.Tokens));
        ReadExperts(info, pass.Experts);
        FloatConverter.Widen(Rows(TraceColumn.Probabilities, info), WeightFormat.F16, pass.Probabilities);
        CheckDistributions(TraceColumn.Probabilities, pass.Probabilities, info, _grid.NumLayers);
        if (_trace.HasNextProbabilities)
        {
            FloatConverter.Widen(Rows(TraceColumn.NextProbabilities, info), WeightFormat.F16, pass.NextProbabilities);
            CheckDistributions(TraceColumn.NextProbabilities, pass.NextProbabilities, info, _grid.NumLayers - 1);
        }

        FloatConverter.Widen(Rows(TraceColumn.Embeddings, info), WeightFormat.BF16, pass.Embeddings);
        int wrong = FloatConverter.IndexOfNonFinite(pass.Embeddings);
        if (wrong >= 0)
        {
            int token = info.FirstToken + (wrong / _trace.Info.HiddenSize);
            throw Fault(TraceColumn.Embeddings, token, null, $"{pass.Embeddings[wrong]}", "finite values");
        }
    }

    /// <summary>Reads the choices of a pass alone.</summary>
    /// <param name="index">0-based pass.</param>
    /// <returns>[tokens, layers, topK], -1 for a dropped choice; until the next call.</returns>
    /// <exception cref="TraceException">A choice makes no sense.</exception>
    public ReadOnlySpan<int> ReadExperts(int index)
    {
        TracePassInfo info = _trace.Passes[index];
        int count = info.NumTokens * _grid.NumLayers * _grid.TopK;
        if (_experts.Length < count)
        {
            _experts = new int[count];
        }

        ReadExperts(info, _experts.AsSpan(0, count));
        return _experts.AsSpan(0, count);
    }

    private void ReadExperts(in TracePassInfo info, Span<int> experts)
    {
        Rows(TraceColumn.Experts, info).CopyTo(MemoryMarshal.AsBytes(experts));
        for (int first = 0; first < experts.Length; first += _grid.TopK)
        {
            Span<int> choices = experts.Slice(first, _grid.TopK);
            for (int k = 0; k < choices.Length; k++)
            {
                bool isDropped = choices[k] == Routing.Dropped;
                if (!isDropped && (choices[k] < 0 || choices[k] >= _grid.NumExperts || choices[..k].Contains(choices[k])))
                {
                    (int token, int layer) = Math.DivRem(first / _grid.TopK, _grid.NumLayers);
                    throw Fault(
                        TraceColumn.Experts, info.FirstToken + token, layer, $"[{string.Join(", ", choices.ToArray())}]",
                        $"different experts from 0 to {_grid.NumExperts - 1}, or -1");
                }
            }
        }
    }

    private void CheckDistributions(string column, ReadOnlySpan<float> values, in TracePassInfo info, int numLayers)
    {
        for (int row = 0; row < values.Length / _grid.NumExperts; row++)
        {
            ReadOnlySpan<float> distribution = values.Slice(row * _grid.NumExperts, _grid.NumExperts);
            float sum = 0;
            bool isValid = true;
            foreach (float value in distribution)
            {
                sum += value;
                isValid &= value >= 0; // NaN is not
            }

            // a layer that the pass has not walked has none
            if (!isValid || !(sum == 0 || Math.Abs(sum - 1) <= MaxSumError))
            {
                int wrong = distribution.IndexOfAnyExceptInRange(0, float.MaxValue);
                string found = wrong < 0 ? $"values of sum {sum}" : $"{distribution[wrong]}";
                throw Fault(column, info.FirstToken + (row / numLayers), row % numLayers, found, "probabilities of sum 1");
            }
        }
    }

    private ReadOnlySpan<byte> Rows(string column, in TracePassInfo info) => _windows[column].Rows(info.FirstToken, info.NumTokens);

    private TraceException Fault(string column, int token, int? layer, string found, string expected)
    {
        string where = layer is null ? "" : $" in sparse layer {layer}";
        return new TraceException(_trace.Path, $"{column} of token {token}{where}: found {found}; expected {expected}");
    }

    private sealed class Window(SafetensorsFile file, TraceColumn column, int numTokens)
    {
        private byte[] _bytes = [];
        private int _first;
        private int _count;

        public ReadOnlySpan<byte> Rows(int first, int count)
        {
            if (first < _first || first + count > _first + _count)
            {
                int rows = Math.Min(numTokens - first, Math.Max(count, WindowBytes / column.RowBytes));
                int length = checked(rows * column.RowBytes);
                if (_bytes.Length < length)
                {
                    _bytes = new byte[length];
                }

                _count = 0; // nothing, should the read fail
                file.Read(file.Tensors[column.Name].Offset + ((long)first * column.RowBytes), _bytes.AsSpan(0, length));
                (_first, _count) = (first, rows);
            }

            return _bytes.AsSpan((first - _first) * column.RowBytes, count * column.RowBytes);
        }
    }
}

using System.Runtime.InteropServices;
using MoeGen.Weights;

namespace MoeGen.Traces;

/// <summary>A pass of a trace, as the trace's first columns tell it.</summary>
/// <param name="FirstToken">0-based row of its first token.</param>
/// <param name="NumTokens">Its tokens.</param>
/// <param name="Sequence">0-based sequence.</param>
/// <param name="IsPrompt">Whether it is a chunk of a prompt; otherwise it is one decoded token.</param>
/// <param name="IsNewSequence">Whether it is the first of its sequence.</param>
internal readonly record struct TracePassInfo(int FirstToken, int NumTokens, int Sequence, bool IsPrompt, bool IsNewSequence);

/// <summary>
/// Which experts the tokens of some sequences have chosen, with all that a prefetcher is told of them: a safetensors file with a row for
/// every token. Opening it checks its shape and its passes; values are checked as they are read. Closed by disposing it.
/// </summary>
internal sealed class ActivationTrace : IDisposable
{
    private readonly SafetensorsFile _file;

    private ActivationTrace(SafetensorsFile file)
    {
        _file = file;
        Info = TraceInfo.Read(file);
        HasNextProbabilities = file.Tensors.ContainsKey(TraceColumn.NextProbabilities);
        NumTokens = CheckShapes();
        Passes = ReadPasses();
        NumSequences = Passes[^1].Sequence + 1;
    }

    /// <summary>The file, as the caller named it.</summary>
    public string Path => _file.Path;

    /// <summary>The model that it was recorded from.</summary>
    public TraceInfo Info { get; }

    /// <summary>Tokens of all sequences, at least one.</summary>
    public int NumTokens { get; }

    /// <summary>Sequences, at least one.</summary>
    public int NumSequences { get; }

    /// <summary>Passes in the order in which they ran.</summary>
    public IReadOnlyList<TracePassInfo> Passes { get; }

    /// <summary>Whether it has what the next layer's router made of each layer's router input.</summary>
    public bool HasNextProbabilities { get; }

    /// <summary>Opens a trace.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="TraceException">It is no trace, or a damaged one.</exception>
    /// <exception cref="CheckpointException">It is no safetensors file, or a damaged one.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ActivationTrace Open(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            return new ActivationTrace(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a reader of the rows; each reader is used by one thread.</summary>
    public TraceReader CreateReader() => new(this, _file);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private int CheckShapes()
    {
        if (!_file.Tensors.TryGetValue(TraceColumn.Token, out TensorEntry? tokens))
        {
            throw new TraceException(Path, $"has no tensor {TraceColumn.Token}; expected a file that `moegen trace` has written");
        }

        long numTokens = tokens.Shape.Count == 1 ? tokens.Shape[0] : 0;
        if (numTokens is < 1 or > int.MaxValue)
        {
            throw new TraceException(Path, $"tensor {tokens.Name} has shape [{string.Join(", ", tokens.Shape)}]; expected [tokens]");
        }

        foreach (TraceColumn column in TraceColumn.Of(Info, HasNextProbabilities))
        {
            TensorOutline expected = column.Outline((int)numTokens);
            if (!_file.Tensors.TryGetValue(column.Name, out TensorEntry? found))
            {
                throw new TraceException(Path, $"has no tensor {column.Name}; expected one of {Describe(expected.Type, expected.Shape)}");
            }

            if (found.Type != expected.Type || !found.Shape.SequenceEqual(expected.Shape))
            {
                throw new TraceException(
                    Path,
                    $"tensor {column.Name} is {Describe(found.Type, found.Shape)}; expected {Describe(expected.Type, expected.Shape)} "
                    + "as the metadata say");
            }
        }

        return (int)numTokens;
    }

    private static string Describe(TensorType type, IReadOnlyList<long> shape) => $"{type.Name()} [{string.Join(", ", shape)}]";

    private List<TracePassInfo> ReadPasses()
    {
        int[] passes = ReadNumbers<int>(TraceColumn.Pass), sequences = ReadNumbers<int>(TraceColumn.Sequence);
        byte[] isPrompt = ReadNumbers<byte>(TraceColumn.IsPrompt);
        int[] tokens = ReadNumbers<int>(TraceColumn.Token);
        List<TracePassInfo> result = [];
        for (int first = 0, end; first < NumTokens; first = end)
        {
            end = first + 1;
            while (end < NumTokens && passes[end] == passes[first])
            {
                end++;
            }

            int previous = result.Count == 0 ? -1 : result[^1].Sequence;
            CheckStep(TraceColumn.Pass, passes[first], result.Count, result.Count, first);
            CheckStep(TraceColumn.Sequence, sequences[first], Math.Max(0, previous), previous + 1, first);
            for (int token = first; token < end; token++)
            {
                CheckStep(TraceColumn.Sequence, sequences[token], sequences[first], sequences[first], token);
                (int min, int max) = token == first ? (0, 1) : (isPrompt[first], isPrompt[first]);
                CheckStep(TraceColumn.IsPrompt, isPrompt[token], min, max, token);
                CheckStep(TraceColumn.Token, tokens[token], 0, int.MaxValue, token);
            }

            result.Add(new TracePassInfo(first, end - first, sequences[first], isPrompt[first] == 1, sequences[first] != previous));
            CheckPass(result[^1]);
        }

        return result;
    }

    private void CheckStep(string column, int found, int min, int max, int token)
    {
        if (found < min || found > max)
        {
            string expected = min == max ? $"{min}" : $"{min} to {max}";
            throw new TraceException(Path, $"{column} of token {token} is {found}; expected {expected} there");
        }
    }

    private void CheckPass(in TracePassInfo pass)
    {
        if (!pass.IsPrompt && pass.NumTokens > 1)
        {
            throw new TraceException(Path, $"decodes {pass.NumTokens} tokens from token {pass.FirstToken} on in one pass; expected one");
        }

        if (!pass.IsPrompt && pass.IsNewSequence)
        {
            throw new TraceException(Path, $"sequence {pass.Sequence} begins with a decoded token; expected a prompt");
        }

        if (pass.NumTokens * Math.Max((long)Info.Grid.Count, Info.HiddenSize) > Array.MaxLength / sizeof(float))
        {
            throw new TraceException(
                Path,
                $"has a pass of {pass.NumTokens} tokens from token {pass.FirstToken} on; expected chunks that fit into memory");
        }
    }

    private T[] ReadNumbers<T>(string column)
        where T : unmanaged
    {
        T[] numbers = new T[NumTokens];
        _file.Read(_file.Tensors[column].Offset, MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace MoeGen.Weights;

/// <summary>
/// Reads the JSON header of a safetensors file and checks all of it: every tensor has a known type, a shape and offsets that agree,
/// and together they cover the rest of the file without gap or overlap.
/// </summary>
internal ref struct SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";

    private readonly string _path;
    private readonly long _dataStart;
    private readonly Dictionary<string, TensorEntry> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private Utf8JsonReader _reader;

    private SafetensorsHeader(string path, ReadOnlySpan<byte> json, long dataStart)
    {
        _path = path;
        _dataStart = dataStart;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
    }

    public readonly IReadOnlyDictionary<string, TensorEntry> Tensors => _tensors;

    /// <summary>Strings of the metadata; anything else there says nothing to this reader.</summary>
    public readonly IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads a header.</summary>
    /// <param name="path">The file's name, for messages.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataStart">First byte behind the header.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long dataStart, long fileLength)
    {
        // the reader below takes the bytes of a string as they are
        if (!Utf8.IsValid(json))
        {
            throw new CheckpointException(path, "the header is not UTF-8; expected UTF-8 throughout");
        }

        SafetensorsHeader header = new(path, json, dataStart);
        try
        {
            header.ReadTensors();
        }
        catch (JsonException exception)
        {
            // the reader's message spans several sentences; the place is what helps
            throw new CheckpointException(
                path, $"the header is not JSON at byte {exception.BytePositionInLine}; expected an object of tensors", exception);
        }

        header.CheckCoverage(fileLength);
        return header;
    }

    private void ReadTensors()
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fault($"the header is {Describe(_reader.TokenType)}; expected an object of tensors");
        }

        bool hasMetadata = false;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = _reader.GetString()!;
            bool isNew = name == MetadataKey ? !hasMetadata : !_tensors.ContainsKey(name);
            if (!isNew)
            {
                throw Fault($"tensor {name} appears twice in the header; expected each name once");
            }

            _reader.Read();
            if (name == MetadataKey)
            {
                hasMetadata = true;
                ReadMetadata();
            }
            else
            {
                _tensors.Add(name, ReadTensor(name));
            }
        }

        // nothing but white space may follow
        _reader.Read();
    }

    private void ReadMetadata()
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fault($"{MetadataKey} is {Describe(_reader.TokenType)}; expected an object of strings");
        }

        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = _reader.GetString()!;
            _reader.Read();
            if (_reader.TokenType == JsonTokenType.String)
            {
                _metadata[key] = _reader.GetString()!;
            }
            else
            {
                _reader.Skip();
            }
        }
    }

    private TensorEntry ReadTensor(string name)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fault($"tensor {name} is {Describe(_reader.TokenType)}; expected an object with dtype, shape and data_offsets");
        }

        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = _reader.GetString()!;
            _reader.Read();
            switch (key)
            {
                case "dtype" when _reader.TokenType == JsonTokenType.String:
                    type = _reader.GetString();
                    break;
                case "shape":
                    shape = ReadIntegers(name, key);
                    break;
                case "data_offsets":
                    offsets = ReadIntegers(name, key);
                    break;
                default:
                    throw Fault(
                        $"tensor {name} has the key {key} with {Describe(_reader.TokenType)}; expected dtype, shape and data_offsets");
            }
        }

        return CreateEntry(
            name,
            type ?? throw Fault($"tensor {name} has no dtype; expected one of {TensorTypes.AllNames}"),
            shape ?? throw Fault($"tensor {name} has no shape; expected a list of dimensions"),
            offsets ?? throw Fault($"tensor {name} has no data_offsets; expected its first byte and the one behind its last"));
    }

    private readonly TensorEntry CreateEntry(string name, string typeName, List<long> shape, List<long> offsets)
    {
        if (!TensorTypes.TryParse(typeName, out TensorType type))
        {
            throw Fault($"tensor {name} has dtype {typeName}; expected one of {TensorTypes.AllNames}");
        }

        if (offsets.Count != 2 || offsets[1] < offsets[0])
        {
            throw Fault(
                $"tensor {name} has data_offsets [{string.Join(", ", offsets)}]; expected its first byte and the one behind its last");
        }

        // 128 bits hold any product of a 64-bit prefix and one more dimension, so an overflow is seen before it happens
        Int128 bytes = type.BytesPerElement();
        foreach (long dimension in shape)
        {
            bytes *= dimension;
            if (bytes > long.MaxValue)
            {
                throw Fault(
                    $"tensor {name} has shape [{string.Join(", ", shape)}], more bytes than any file; expected the shape of its data");
            }
        }

        long length = offsets[1] - offsets[0];
        if (bytes != length)
        {
            throw Fault(
                $"tensor {name} has shape [{string.Join(", ", shape)}] of {typeName}, {bytes} bytes, "
                + $"but data_offsets of {length} bytes; expected equal numbers");
        }

        if (offsets[0] > long.MaxValue - _dataStart)
        {
            throw Fault($"tensor {name} begins at byte {offsets[0]} of the data; expected an offset inside the file");
        }

        return new TensorEntry(name, type, shape, _dataStart + offsets[0], length);
    }

    private List<long> ReadIntegers(string tensor, string key)
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            throw Fault($"tensor {tensor} has {key} as {Describe(_reader.TokenType)}; expected a list of integers");
        }

        List<long> values = [];
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.Number || !_reader.TryGetInt64(out long value) || value < 0)
            {
                string found = _reader.TokenType == JsonTokenType.Number
                    ? Encoding.UTF8.GetString(_reader.ValueSpan)
                    : Describe(_reader.TokenType);
                throw Fault($"tensor {tensor} has {found} in its {key}; expected integers from 0 to 2^63 - 1");
            }

            values.Add(value);
        }

        return values;
    }

    private readonly void CheckCoverage(long fileLength)
    {
        long end = _dataStart;
        TensorEntry? previous = null;
        foreach (TensorEntry tensor in _tensors.Values.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Length))
        {
            if (tensor.Offset < end)
            {
                throw Fault(
                    $"tensor {tensor.Name} begins at byte {tensor.Offset - _dataStart} of the data, inside {previous!.Name}, "
                    + $"which ends at {end - _dataStart}; expected no overlap");
            }

            if (tensor.Offset > end)
            {
                throw Fault(
                    $"tensor {tensor.Name} begins at byte {tensor.Offset - _dataStart} of the data, "
                    + $"but what is before it ends at {end - _dataStart}; expected no gap");
            }

            if (tensor.Length > fileLength - tensor.Offset)
            {
                throw Fault(
                    $"tensor {tensor.Name} ends at byte {tensor.Offset + (Int128)tensor.Length}, but the file has {fileLength} bytes; "
                    + "expected a complete file (was the download cut off?)");
            }

            end = tensor.Offset + tensor.Length;
            previous = tensor;
        }

        if (end != fileLength)
        {
            throw Fault($"the tensors end at byte {end}, but the file has {fileLength} bytes; expected equal numbers");
        }
    }

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };

    private readonly CheckpointException Fault(string fault) => new(_path, fault);
}

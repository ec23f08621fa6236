using System.Text.Json;

namespace MoeGen.Files;

/// <summary>Small files that hold one JSON object: read whole and with a bound, written beside their place and moved there.</summary>
internal static class JsonObjectFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">What a longer one is refused for.</param>
    /// <param name="expected">What the file should be, for the error.</param>
    /// <param name="fault">Makes an exception of what is wrong.</param>
    /// <param name="read">Reads the object.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static T Read<T>(string path, long maxBytes, string expected, Func<string, MoeGenException> fault, Func<JsonElement, T> read)
    {
        long length = new FileInfo(path).Length;
        if (length > maxBytes)
        {
            throw fault($"has {length} bytes; expected at most {maxBytes}, {expected}");
        }

        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException exception)
        {
            throw fault($"is not JSON at line {exception.LineNumber + 1}; expected {expected}");
        }

        using (json)
        {
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? read(json.RootElement)
                : throw fault($"is no JSON object; expected {expected}");
        }
    }

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="isIndented">Whether each member has a line of its own.</param>
    /// <param name="writeMembers">Writes the members of the object.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(string path, bool isIndented, Action<Utf8JsonWriter> writeMembers)
    {
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (FileStream file = File.Create(temporary))
            using (Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = isIndented }))
            {
                json.WriteStartObject();
                writeMembers(json);
                json.WriteEndObject();
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace MoeGen.Cli.Output;

/// <summary>JSON on standard output: nothing but it, text readable as it is.</summary>
internal static class Json
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one value and a line end.</summary>
    public static void WriteLine(CliStreams streams, Action<Utf8JsonWriter> write)
    {
        using (Utf8JsonWriter writer = new(streams.Output, s_options))
        {
            write(writer);
        }

        streams.Write("\n");
    }

    /// <summary>Writes one object and a line end.</summary>
    public static void WriteObject(CliStreams streams, Action<Utf8JsonWriter> writeMembers) =>
        WriteLine(streams, writer =>
        {
            writer.WriteStartObject();
            writeMembers(writer);
            writer.WriteEndObject();
        });

    /// <summary>Writes token ids as an array.</summary>
    public static void WriteIds(Utf8JsonWriter writer, ReadOnlySpan<int> ids)
    {
        writer.WriteStartArray();
        foreach (int id in ids)
        {
            writer.WriteNumberValue(id);
        }

        writer.WriteEndArray();
    }
}

using System;
using System.Collections;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace MoeGen.Generator.Spec;

/// <summary>
/// A member that a record got after fingerprints of it were about: one that is null, false, 0 or empty is left out of the fingerprint, so
/// that what does not have the variation keeps its name.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class LaterMemberAttribute : Attribute;

/// <summary>
/// A short name for what a spec says: equal specs have equal fingerprints whatever their config.json looked like, different ones
/// practically never. It names generated code, cached assemblies and expert packs.
/// </summary>
internal static class SpecFingerprint
{
    private const int NumHexDigits = 16;

    /// <summary>The first 16 hexadecimal digits of the SHA-256 of the record's canonical text.</summary>
    /// <param name="record">A spec, or a part of one.</param>
    public static string Of(object record)
    {
        StringBuilder text = new();
        Write(text, record);
        using SHA256 sha = SHA256.Create();
        byte[] hash = sha.ComputeHash(Encoding.UTF8.GetBytes(text.ToString()));
        return string.Concat(hash.Take(NumHexDigits / 2).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)).ToArray());
    }

    // walks the properties of the records by name, so that a member added to a spec is never forgotten here
    private static void Write(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case string s:
                text.Append('"').Append(s.Replace("\\", "\\\\").Replace("\"", "\\\"")).Append('"');
                break;
            case double d:
                text.Append(ConfigNumbers.Format(d));
                break;
            case Enum or bool or int or long:
                text.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
            case IEnumerable items:
                text.Append('[');
                foreach (object? item in items)
                {
                    Write(text, item);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                WriteRecord(text, value);
                break;
        }
    }

    private static void WriteRecord(StringBuilder text, object record)
    {
        text.Append(record.GetType().Name).Append('{');
        PropertyInfo[] properties = record.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance);
        foreach (PropertyInfo property in properties.OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            if (property.IsDefined(typeof(LaterMemberAttribute)) && property.GetValue(record) is null or false or 0 or "")
            {
                continue;
            }

            text.Append(property.Name).Append(':');
            Write(text, property.GetValue(record));
            text.Append(',');
        }

        text.Append('}');
    }
}

using System.Globalization;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>json.dumps</c>, which is what <c>tojson</c> is in chat templates: nothing is escaped for HTML.</summary>
/// <remarks>Source: Python 3, json/encoder.py; transformers, utils/chat_template_utils.py.</remarks>
internal sealed class JsonText
{
    private readonly StringBuilder _text = new();
    private readonly bool _isAscii;
    private readonly string? _indent; // null: all on one line
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly RenderContext _context;
    private readonly bool _sortsKeys;
    private string _newLine = "\n";

    private JsonText(RenderContext context, bool isAscii, string? indent, (string Item, string Key)? separators, bool sortsKeys)
    {
        _context = context;
        _isAscii = isAscii;
        _indent = indent;
        (_itemSeparator, _keySeparator) = separators ?? (indent is null ? ", " : ",", ": ");
        _sortsKeys = sortsKeys;
    }

    /// <summary>Writes a value as JSON.</summary>
    /// <param name="context">Counts the work.</param>
    /// <param name="value">What is written.</param>
    /// <param name="isAscii">Whether characters beyond ASCII are escaped.</param>
    /// <param name="indent">What one level is indented by; null: all on one line.</param>
    /// <param name="separators">What stands between items, and after a key; null: Python's defaults.</param>
    /// <param name="sortsKeys">Whether keys are sorted.</param>
    /// <exception cref="TemplateFault">The value has no JSON, such as an undefined one.</exception>
    public static string Write(
        RenderContext context, Value value, bool isAscii, string? indent, (string Item, string Key)? separators, bool sortsKeys)
    {
        JsonText json = new(context, isAscii, indent, separators, sortsKeys);
        json.Append(value);
        return json._text.ToString();
    }

    private void Append(Value value)
    {
        _context.Step();
        if (_text.Length > TemplateLimits.MaxText)
        {
            throw new TemplateFault($"JSON of more than {TemplateLimits.MaxText} characters");
        }

        switch (value)
        {
            case TextValue text:
                AppendString(text.Text);
                break;
            case NoneValue or NumberValue:
                _text.Append(Scalar(value));
                break;
            case SequenceValue sequence:
                AppendAll('[', ']', sequence.Items, Append);
                break;
            case DictValue dict:
                AppendAll('{', '}', [.. Sorted(dict)], AppendPair);
                break;
            default:
                throw new TemplateFault($"Object of type {value.TypeName} is not JSON serializable");
        }
    }

    private void AppendAll<T>(char open, char close, IReadOnlyList<T> items, Action<T> append)
    {
        _text.Append(open);
        string outerLine = _newLine;
        _newLine += _indent;
        for (int i = 0; i < items.Count; i++)
        {
            _text.Append(i == 0 ? "" : _itemSeparator).Append(_indent is null ? "" : _newLine);
            append(items[i]);
        }

        _newLine = outerLine;
        _text.Append(_indent is null || items.Count == 0 ? "" : _newLine).Append(close);
    }

    private IEnumerable<KeyValuePair<Value, Value>> Sorted(DictValue dict)
    {
        if (!_sortsKeys)
        {
            return dict.Items;
        }

        List<Value> keys = Ordering.Sort(_context, [.. dict.Items.Select(pair => pair.Key)], key => key, isReverse: false);
        return keys.Select(key => new KeyValuePair<Value, Value>(key, dict.FindItem(key)!));
    }

    private void AppendPair(KeyValuePair<Value, Value> pair)
    {
        AppendString(pair.Key switch
        {
            TextValue text => text.Text,
            NoneValue or NumberValue => Scalar(pair.Key),
            _ => throw new TemplateFault($"keys must be str, int, float, bool or None, not {pair.Key.TypeName}"),
        });
        _text.Append(_keySeparator);
        Append(pair.Value);
    }

    private static string Scalar(Value value) => value switch
    {
        NoneValue => "null",
        BoolValue flag => flag.IsTrue ? "true" : "false",
        FloatValue number when double.IsNaN(number.Float) => "NaN",
        FloatValue number when double.IsInfinity(number.Float) => number.Float > 0 ? "Infinity" : "-Infinity",
        _ => value.ToString(),
    };

    private void AppendString(string text)
    {
        _text.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\':
                    _text.Append('\\').Append(c);
                    break;
                case '\n':
                    _text.Append("\\n");
                    break;
                case '\r':
                    _text.Append("\\r");
                    break;
                case '\t':
                    _text.Append("\\t");
                    break;
                case '\b':
                    _text.Append("\\b");
                    break;
                case '\f':
                    _text.Append("\\f");
                    break;
                case < ' ':
                case > '~' when _isAscii:
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    _text.Append(c);
                    break;
            }
        }

        _text.Append('"');
    }
}

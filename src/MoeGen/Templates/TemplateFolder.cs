using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace MoeGen.Templates;

/// <summary>What the files of a model say about its chat template.</summary>
/// <param name="Default">The template.</param>
/// <param name="WithTools">The template for conversations with tools, where there is one of its own.</param>
/// <param name="SpecialTokens">Variables such as <c>bos_token</c>.</param>
/// <remarks>Source: transformers, tokenization_utils_base.py (get_chat_template).</remarks>
internal sealed record TemplateFolder(TemplateSource Default, TemplateSource? WithTools, IReadOnlyDictionary<string, Value> SpecialTokens)
{
    private const string ConfigName = "tokenizer_config.json";

    // the largest published tokenizer_config.json has some 200 kB, with a long list of added tokens
    private const long MaxFileBytes = 64L * 1024 * 1024;

    private static readonly string[] s_templateNames = ["chat_template.jinja", "template.jinja"];

    private static readonly string[] s_tokenNames =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    public static TemplateFolder Read(string folder)
    {
        string configPath = Path.Combine(folder, ConfigName);
        using JsonDocument? config = ReadJson(configPath);
        using JsonDocument? map = ReadJson(Path.Combine(folder, "special_tokens_map.json"));
        Dictionary<string, Value> tokens = ReadTokens(config, map);
        string? file = s_templateNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (file is not null)
        {
            return new TemplateFolder(new TemplateSource(ReadText(file), file), null, tokens);
        }

        return config is not null && config.RootElement.TryGetProperty("chat_template", out JsonElement template)
            && template.ValueKind != JsonValueKind.Null
            ? FromConfig(configPath, template, tokens)
            : throw new ChatTemplateException(
                $"{folder}: no chat template; expected {string.Join(", ", s_templateNames)} or a chat_template in {ConfigName}");
    }

    private static TemplateFolder FromConfig(string path, JsonElement template, Dictionary<string, Value> tokens)
    {
        if (template.ValueKind == JsonValueKind.String)
        {
            return new TemplateFolder(new TemplateSource(GetText(path, template), $"{path}: chat_template"), null, tokens);
        }

        Dictionary<string, TemplateSource> named = [];
        if (template.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement entry in template.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Object
                    || !entry.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String
                    || !entry.TryGetProperty("template", out JsonElement text) || text.ValueKind != JsonValueKind.String)
                {
                    throw new ChatTemplateException($"{path}: an entry of chat_template is no object with the texts name and template");
                }

                string key = GetText(path, name);
                named[key] = new TemplateSource(GetText(path, text), $"{path}: chat_template \"{key}\"");
            }
        }

        return named.TryGetValue("default", out TemplateSource? source)
            ? new TemplateFolder(source, named.GetValueOrDefault("tool_use"), tokens)
            : throw new ChatTemplateException($"{path}: chat_template is neither a text nor a list with a template named \"default\"");
    }

    private static Dictionary<string, Value> ReadTokens(JsonDocument? config, JsonDocument? map)
    {
        Dictionary<string, Value> tokens = [];
        foreach (string name in s_tokenNames)
        {
            if ((FindToken(config, name) ?? FindToken(map, name)) is { } token)
            {
                tokens[name] = new TextValue(token);
            }
        }

        return tokens;
    }

    private static string? FindToken(JsonDocument? document, string name)
    {
        if (document is null || !document.RootElement.TryGetProperty(name, out JsonElement token))
        {
            return null;
        }

        if (token.ValueKind == JsonValueKind.Object)
        {
            return token.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String
                ? GetText(name, content)
                : null;
        }

        return token.ValueKind == JsonValueKind.String ? GetText(name, token) : null;
    }

    private static string GetText(string place, JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // the parser looks at a string only when it is asked for, and has no type of its own for an escape such as \ud800
            throw new ChatTemplateException($"{place}: a string holds half of a surrogate pair", e);
        }
    }

    private static JsonDocument? ReadJson(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            JsonDocument document = JsonDocument.Parse(ReadText(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new ChatTemplateException($"{path}: the file holds no JSON object");
        }
        catch (JsonException e)
        {
            throw new ChatTemplateException($"{path}: no well-formed JSON, line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", e);
        }
    }

    private static string ReadText(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaxFileBytes)
        {
            throw new ChatTemplateException($"{path}: the file has {length} bytes; at most {MaxFileBytes} are read");
        }

        byte[] bytes = File.ReadAllBytes(path);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes)
            : throw new ChatTemplateException($"{path}: the file is not valid UTF-8");
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace MoeGen.Templates;

/// <summary>
/// A chat template: turns a conversation into the prompt that a model was trained on. Templates are Jinja; they are rendered as
/// Hugging Face's library transformers renders them, with jinja2's immutable sandbox, <c>trim_blocks</c> and <c>lstrip_blocks</c>.
/// </summary>
/// <remarks>
/// <para>An instance may be used from several threads at once.</para>
/// <para>Sources: jinja2 3.1; transformers, utils/chat_template_utils.py.</para>
/// </remarks>
public sealed class ChatTemplate
{
    private readonly TemplateRoot _root;
    private readonly ChatTemplate? _withTools; // the template for conversations with tools, where there is one of its own
    private readonly IReadOnlyDictionary<string, Value> _specialTokens;
    private readonly TimeProvider _clock;

    private ChatTemplate(TemplateRoot root, ChatTemplate? withTools, IReadOnlyDictionary<string, Value> specialTokens, TimeProvider clock)
    {
        _root = root;
        _withTools = withTools;
        _specialTokens = specialTokens;
        _clock = clock;
    }

    /// <summary>Reads the chat template of a model.</summary>
    /// <param name="folder">
    /// A Hugging Face folder with <c>chat_template.jinja</c>, <c>template.jinja</c> or the <c>chat_template</c> of
    /// <c>tokenizer_config.json</c>; the first of them counts. Of several named ones, "tool_use" is used with tools and "default"
    /// without. Special tokens such as <c>bos_token</c> come from tokenizer_config.json, or else special_tokens_map.json.
    /// </param>
    /// <param name="clock">Tells the date to templates that ask for it; by default the system's.</param>
    /// <returns>The template.</returns>
    /// <exception cref="ChatTemplateException">There is no template, a file is damaged, or the template uses something
    /// unsupported.</exception>
    public static ChatTemplate Load(string folder, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        TemplateFolder files = TemplateFolder.Read(folder);
        TimeProvider time = clock ?? TimeProvider.System;
        ChatTemplate? withTools = files.WithTools is { } source
            ? new ChatTemplate(Parser.Parse(source), null, files.SpecialTokens, time)
            : null;
        return new ChatTemplate(Parser.Parse(files.Default), withTools, files.SpecialTokens, time);
    }

    /// <summary>Parses the text of a chat template.</summary>
    /// <param name="text">The template.</param>
    /// <param name="name">What errors call it, such as its file.</param>
    /// <param name="clock">Tells the date to templates that ask for it; by default the system's.</param>
    /// <returns>The template, without special tokens: they have to be given as variables.</returns>
    /// <exception cref="ChatTemplateException">The text is no template, or uses something unsupported.</exception>
    public static ChatTemplate Parse(string text, string name, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        return new ChatTemplate(
            Parser.Parse(new TemplateSource(text, name)), null, new Dictionary<string, Value>(), clock ?? TimeProvider.System);
    }

    /// <summary>Renders a conversation.</summary>
    /// <param name="variables">
    /// <c>messages</c>, and whatever else the template reads: <c>tools</c>, <c>add_generation_prompt</c>, flags of the model. They go
    /// before special tokens and functions of the same name. A text <c>strftime_now</c> is what that function returns.
    /// </param>
    /// <returns>The prompt. Its special tokens are to be recognised, and none to be added, when it is tokenized.</returns>
    /// <exception cref="ChatTemplateRaisedException">The template refused the conversation.</exception>
    /// <exception cref="ChatTemplateRenderException">The template failed, for example at a missing field.</exception>
    public string Render(JsonObject variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return Render(() => variables.Select(member => new KeyValuePair<string, Value>(member.Key, JsonValues.From(member.Value))));
    }

    /// <summary>Renders a conversation of plain texts.</summary>
    /// <param name="messages">What was said, oldest first.</param>
    /// <param name="addGenerationPrompt">Whether the prompt ends where the assistant's answer begins.</param>
    /// <returns>The prompt, as <see cref="Render(JsonObject)"/> returns it.</returns>
    /// <exception cref="ChatTemplateRaisedException">The template refused the conversation.</exception>
    /// <exception cref="ChatTemplateRenderException">The template failed, for example at a missing field.</exception>
    public string Render(IEnumerable<ChatMessage> messages, bool addGenerationPrompt = true)
    {
        ArgumentNullException.ThrowIfNull(messages);
        JsonArray conversation = [.. messages.Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Content })];
        return Render(new JsonObject { ["messages"] = conversation, ["add_generation_prompt"] = addGenerationPrompt });
    }

    /// <summary>Renders a conversation from parsed JSON, in which a key may appear twice; the last one counts.</summary>
    internal string Render(JsonElement variables) =>
        Render(() =>
            variables.EnumerateObject().Select(member => new KeyValuePair<string, Value>(member.Name, JsonValues.From(member.Value))));

    private string Render(Func<IEnumerable<KeyValuePair<string, Value>>> read)
    {
        Dictionary<string, Value> variables = new(_specialTokens)
        {
            ["tools"] = NoneValue.Instance,
            ["documents"] = NoneValue.Instance,
            ["strftime_now"] = Globals.CreateClock(_clock),
        };
        try
        {
            foreach ((string name, Value value) in read())
            {
                variables[name] = name == "strftime_now" && value is TextValue text ? Globals.CreateFixedClock(text.Text) : value;
            }
        }
        catch (TemplateFault fault)
        {
            throw new ChatTemplateRenderException($"{_root.Source.Name}: {fault.Message}", fault);
        }
        catch (InvalidOperationException e)
        {
            // JSON is looked at only now, and an escape such as \ud800 has no type of error
            throw new ChatTemplateRenderException($"{_root.Source.Name}: a variable holds half of a surrogate pair", e);
        }

        TemplateRoot root = _withTools is not null && variables["tools"] is not NoneValue ? _withTools._root : _root;
        return Interpreter.Render(root, new RenderContext(variables));
    }
}

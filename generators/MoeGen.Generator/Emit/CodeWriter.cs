using System.Text;
using MoeGen.Generator.Emit.Gpu;

namespace MoeGen.Generator.Emit;

/// <summary>Writes indented lines of C#, with LF ends.</summary>
internal sealed class CodeWriter
{
    private const int MaxColumns = 140;
    private const string OneIndent = "    ";

    private readonly StringBuilder _text = new();
    private string _indent = "";
    private bool _isGpu;

    /// <summary>Writes an empty line.</summary>
    public void Line() => _text.Append('\n');

    /// <summary>Writes one line.</summary>
    public void Line(string line)
    {
        // kernels on a device run one behind the other, and one worker drives it
        if (!_isGpu || line.TrimStart() != "worker.Sync();")
        {
            _text.Append(line.Length == 0 ? "" : _indent).Append(line).Append('\n');
        }
    }

    /// <summary>Writes several lines, each with the current indentation in front.</summary>
    public void Lines(string lines)
    {
        foreach (string line in lines.Split('\n'))
        {
            Line(line);
        }
    }

    /// <summary>Writes a header and opens a block; close it with <see cref="Close"/>.</summary>
    public void Open(string header)
    {
        Lines(header);
        Open();
    }

    /// <summary>Opens a block whose header is written.</summary>
    public void Open()
    {
        Line("{");
        _indent += OneIndent;
    }

    /// <summary>Closes a block.</summary>
    public void Close(string after = "")
    {
        _indent = _indent.Substring(OneIndent.Length);
        Line("}" + after);
    }

    /// <summary>Writes a doc summary, wrapped to the width of a line.</summary>
    public void Summary(string text)
    {
        string single = $"/// <summary>{text}</summary>";
        if (_indent.Length + single.Length <= MaxColumns)
        {
            Line(single);
            return;
        }

        Line("/// <summary>");
        StringBuilder line = new("///");
        foreach (string word in text.Split(' '))
        {
            if (_indent.Length + line.Length + 1 + word.Length > MaxColumns)
            {
                Line(line.ToString());
                line = new StringBuilder("///");
            }

            line.Append(' ').Append(word);
        }

        Line(line.ToString());
        Line("/// </summary>");
    }

    /// <summary>Writes the attributes that mark generated types, by names that work in every namespace.</summary>
    public void GlobalAttributes()
    {
        Line($"[global::System.CodeDom.Compiler.GeneratedCode(\"MoeGen.Generator\", \"{GeneratorVersion.Text}\")]");
        Line("[global::System.Diagnostics.CodeAnalysis.ExcludeFromCodeCoverage]");
    }

    /// <summary>Writes the attributes that mark generated types, inside the namespace of the model's parts.</summary>
    public void Attributes() => Line($"[GeneratedCode(\"MoeGen.Generator\", \"{GeneratorVersion.Text}\"), ExcludeFromCodeCoverage]");

    /// <summary>Opens the user's namespace.</summary>
    public void UserNamespace(ModelName model)
    {
        if (model.Namespace.Length > 0)
        {
            Line($"namespace {model.Namespace};");
            Line();
        }
    }

    /// <summary>Opens the namespace of the model's parts, with the usings that these need.</summary>
    /// <param name="model">The model.</param>
    /// <param name="usings">Namespaces and aliases, beyond those of the attributes.</param>
    public void PartsNamespace(ModelName model, params string[] usings)
    {
        _isGpu = model.IsGpu;
        Line($"namespace {model.PartsNamespace};");
        Line();
        Line("using System.CodeDom.Compiler;");
        Line("using System.Diagnostics.CodeAnalysis;");
        foreach (string name in model.IsGpu ? GpuUsings.Of(usings) : usings)
        {
            Line($"using {name};");
        }

        Line();
    }

    public override string ToString() => _text.ToString();
}

namespace MoeGen.Templates;

/// <summary>Turns tokens into a tree, with jinja2's grammar.</summary>
/// <remarks>Source: jinja2 3.1, parser.py.</remarks>
internal sealed partial class Parser
{
    private readonly TemplateSource _source;
    private readonly TokenStream _tokens;
    private int _nesting;

    private Parser(TemplateSource source)
    {
        _source = source;
        _tokens = new TokenStream(source, Lexer.Tokenize(source));
    }

    /// <summary>Parses a template and works out where its names live.</summary>
    public static TemplateRoot Parse(TemplateSource source)
    {
        Parser parser = new(source);
        List<Statement> body = parser.ParseBody("", out _);
        return ScopeAnalyzer.Analyze(source, body);
    }

    /// <summary>Parses up to a block that begins with one of some names, which is left to the caller.</summary>
    /// <param name="owner">The block that needs the end, for the error; empty at the top.</param>
    /// <param name="end">The name that was found.</param>
    /// <param name="ends">Names that end the body.</param>
    private List<Statement> ParseBody(string owner, out string end, params ReadOnlySpan<string> ends)
    {
        Enter();
        List<Statement> body = [];
        end = "";
        while (end.Length == 0)
        {
            Token token = _tokens.Current;
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new DataStatement(token.Position, _tokens.Take().Text));
                    break;
                case TokenKind.VariableBegin:
                    _tokens.Take();
                    body.Add(new PrintStatement(token.Position, [ParseTuple()]));
                    _tokens.ExpectVariableEnd();
                    break;
                case TokenKind.BlockBegin:
                    _tokens.Take();
                    if (_tokens.Current.Kind == TokenKind.Name && ends.Contains(_tokens.Current.Text))
                    {
                        end = _tokens.Take().Text;
                        break;
                    }

                    body.Add(ParseStatement(owner, ends));
                    _tokens.ExpectBlockEnd();
                    break;
                case TokenKind.End when ends.Length > 0:
                    throw _tokens.Fault(token, $"the template ends inside '{owner}'; expected {Alternatives(ends)}");
                default:
                    _nesting--;
                    return body;
            }
        }

        _nesting--;
        return body;
    }

    /// <summary>Parses the rest of an opening tag, a body and its one end.</summary>
    private List<Statement> ParseBlock(string owner, string end)
    {
        EndTag();
        return ParseBody(owner, out _, end);
    }

    /// <summary>The end of an opening tag; Python's colon is allowed.</summary>
    private void EndTag()
    {
        _tokens.SkipOperator(":");
        _tokens.ExpectBlockEnd();
    }

    private void Enter()
    {
        if (++_nesting > TemplateLimits.MaxNesting)
        {
            throw _tokens.Fault(_tokens.Current, $"more than {TemplateLimits.MaxNesting} constructs inside each other");
        }
    }

    private static string Alternatives(ReadOnlySpan<string> names) => string.Join(" or ", names.ToArray().Select(name => $"'{name}'"));
}

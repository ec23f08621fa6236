namespace MoeGen.Templates;

/// <summary>What a token is. Operators and brackets share a kind; their text tells them apart.</summary>
internal enum TokenKind
{
    Data,
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

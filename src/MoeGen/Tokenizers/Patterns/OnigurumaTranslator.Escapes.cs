using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Escapes, which mean the same inside a class and outside.</summary>
internal sealed partial class OnigurumaTranslator
{
    private const string GeneralCategories =
        " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co Cn ";

    /// <summary>What an escape stands for.</summary>
    /// <param name="Character">The one character, when <paramref name="Set"/> is null.</param>
    /// <param name="Set">Members of a .NET class.</param>
    /// <param name="IsNegated">All but the members of <paramref name="Set"/>.</param>
    private readonly record struct Escape(int Character, string? Set, bool IsNegated);

    private Escape ReadEscape()
    {
        char c = Next(1);
        _at += 2;
        return c switch
        {
            'n' => new Escape('\n', null, false),
            'r' => new Escape('\r', null, false),
            't' => new Escape('\t', null, false),
            'f' => new Escape('\f', null, false),
            'v' => new Escape('\v', null, false),
            'a' => new Escape('\a', null, false),
            'e' => new Escape('\e', null, false),
            'u' => new Escape(ReadUnitHex(), null, false),
            'x' => new Escape(TrySkip('{') ? ReadBracedHex() : ReadByteHex(), null, false),
            's' or 'S' => new Escape('\0', $"\\{c}", false),
            'd' or 'D' => new Escape('\0', CategoryMembers("Nd", isNegated: c == 'D'), false),
            'p' or 'P' => ReadProperty(c == 'P'),
            _ when c != '\0' && !char.IsAsciiLetterOrDigit(c) => new Escape(c, null, false),
            _ => throw Fault(_at > _pattern.Length ? "a \\ at its end" : $"the escape {Shown(_at - 2, 2)}"),
        };
    }

    private Escape ReadProperty(bool isNegated)
    {
        int end = Next(0) == '{' ? _pattern.IndexOf('}', _at) : -1;
        if (end < 0)
        {
            throw Fault("a \\p without its {..}");
        }

        _at++;
        isNegated ^= TrySkip('^');
        string name = _pattern[_at..end];
        _at = end + 1;
        if (name.Equals("Han", StringComparison.OrdinalIgnoreCase))
        {
            return new Escape('\0', ReadHan(), isNegated);
        }

        int index = name.Length is 1 or 2 ? GeneralCategories.IndexOf($" {name} ", StringComparison.OrdinalIgnoreCase) : -1;
        if (index < 0)
        {
            throw Fault($"the property {TokenizerNode.Quote(name)}");
        }

        string category = GeneralCategories.Substring(index + 1, name.Length);
        if (_ignoresCase && category is "Lu" or "Ll" or "Lt")
        {
            throw Fault($"the category {category} without regard to case");
        }

        return new Escape('\0', CategoryMembers(category, isNegated), false);
    }

    // .NET counts the chars that stand for what is above U+FFFF to the category Cs: they are listed where they belong
    private string CategoryMembers(string category, bool isNegated)
    {
        if (Supplementary.IsEmpty)
        {
            return $"\\{(isNegated ? 'P' : 'p')}{{{category}}}";
        }

        IEnumerable<string> names = SupplementaryMembers.CategoryNames.Where(
            name => name.StartsWith(category, StringComparison.Ordinal) != isNegated);
        return string.Concat(names.Select(name => $"\\p{{{name}}}{Supplementary.InCategory(name)}"));
    }

    private string ReadHan()
    {
        UsesHan = true;
        StringBuilder members = new();
        foreach (TextRange range in HanScript.BasicRanges)
        {
            AppendRange(members, (char)range.Start, (char)(range.End - 1));
        }

        return members.Append(Supplementary.InHan()).ToString();
    }

    // a lone \x is a byte of the UTF-8 text; only below 80 is that a character
    private int ReadByteHex()
    {
        int c = ReadHex(1, 2);
        return c < 0x80 ? c : throw Fault("a \\x for part of a character");
    }

    private int ReadBracedHex()
    {
        int code = ReadHex(1, 6);
        return TrySkip('}') && Rune.IsValid(code) ? code : throw Fault("a \\x{..} that is no character");
    }

    private int ReadUnitHex()
    {
        int code = ReadHex(4, 4);
        return Rune.IsValid(code) ? code : throw Fault("a \\u that is no character");
    }

    private int ReadHex(int minDigits, int maxDigits)
    {
        int numDigits = 0;
        while (numDigits < maxDigits && char.IsAsciiHexDigit(Next(numDigits)))
        {
            numDigits++;
        }

        if (numDigits < minDigits)
        {
            throw Fault("an escape without its hexadecimal digits");
        }

        _at += numDigits;
        return int.Parse(_pattern.AsSpan(_at - numDigits, numDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}

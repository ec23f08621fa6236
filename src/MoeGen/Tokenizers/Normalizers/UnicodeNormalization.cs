using System.Buffers;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Normalization by Unicode Standard Annex 15: decompose, order the marks, and for the C forms compose again.</summary>
internal static class UnicodeNormalization
{
    // Hangul syllables are numbered by their letters: The Unicode Standard, section 3.12
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7; // the number 0 stands for no trailing letter
    private const int NumLeads = 19;
    private const int NumVowels = 21;
    private const int NumTrails = 28;
    private const int NumSyllables = NumLeads * NumVowels * NumTrails;

    private static readonly Lazy<SearchValues<char>>[] s_unsettled =
        [.. Enum.GetValues<UnicodeForm>().Select(form => new Lazy<SearchValues<char>>(() => FindUnsettled(form)))];

    /// <summary>Returns the text in a normalization form; the same string when it is in that form already.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="form">The form to bring it to.</param>
    public static string Normalize(string text, UnicodeForm form)
    {
        if (!text.AsSpan().ContainsAny(s_unsettled[(int)form].Value))
        {
            return text;
        }

        List<int> codes = Decompose(text, IsCompatibility(form) ? UnicodeTables.Compatibility : UnicodeTables.Canonical);
        OrderMarks(codes);
        if (IsComposed(form))
        {
            Compose(codes);
        }

        StringBuilder normalized = new(text.Length);
        foreach (int code in codes)
        {
            normalized.Append(new Rune(code).ToString());
        }

        return normalized.ToString();
    }

    private static bool IsComposed(UnicodeForm form) => form is UnicodeForm.Nfc or UnicodeForm.Nfkc;

    private static bool IsCompatibility(UnicodeForm form) => form is UnicodeForm.Nfkc or UnicodeForm.Nfkd;

    // the chars without which a text cannot change: most texts have none of them and are returned as they are
    private static SearchValues<char> FindUnsettled(UnicodeForm form)
    {
        Dictionary<int, int[]> decompositions = IsCompatibility(form) ? UnicodeTables.Compatibility : UnicodeTables.Canonical;
        HashSet<int> codes = [.. UnicodeTables.CombiningClasses.Keys];
        if (IsComposed(form))
        {
            // what composes back to itself is settled; what can join the code point before it is not
            HashSet<int> composed = [.. UnicodeTables.Compositions.Values];
            codes.UnionWith(decompositions.Keys.Where(code => !composed.Contains(code) || !IsCanonical(code)));
            codes.UnionWith(UnicodeTables.Compositions.Keys.Select(pair => pair.Second));
            codes.UnionWith(Enumerable.Range(VowelBase, NumVowels));
            codes.UnionWith(Enumerable.Range(TrailBase + 1, NumTrails - 1));
        }
        else
        {
            codes.UnionWith(decompositions.Keys);
            codes.UnionWith(Enumerable.Range(SyllableBase, NumSyllables));
        }

        // the first UTF-16 unit of a supplementary code point stands for its whole block of 1024
        return SearchValues.Create([.. codes.Select(code => new Rune(code).ToString()[0]).Distinct()]);

        // U+1FDD is composed of U+1FFE, which compatibility decomposes further, and does not come back
        bool IsCanonical(int code) => decompositions[code].SequenceEqual(UnicodeTables.Canonical.GetValueOrDefault(code, []));
    }

    private static List<int> Decompose(string text, Dictionary<int, int[]> decompositions)
    {
        List<int> codes = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            int syllable = rune.Value - SyllableBase;
            if (syllable is >= 0 and < NumSyllables)
            {
                codes.Add(LeadBase + (syllable / (NumVowels * NumTrails)));
                codes.Add(VowelBase + (syllable / NumTrails % NumVowels));
                if (syllable % NumTrails != 0)
                {
                    codes.Add(TrailBase + (syllable % NumTrails));
                }
            }
            else if (decompositions.TryGetValue(rune.Value, out int[]? parts))
            {
                codes.AddRange(parts);
            }
            else
            {
                codes.Add(rune.Value);
            }
        }

        return codes;
    }

    // marks between two starters go by combining class, equal classes in the order in which they came
    private static void OrderMarks(List<int> codes)
    {
        List<(byte Class, int Index, int Code)> marks = [];
        for (int i = 0; i <= codes.Count; i++)
        {
            byte combiningClass = i < codes.Count ? UnicodeTables.CombiningClasses.GetValueOrDefault(codes[i]) : (byte)0;
            if (combiningClass != 0)
            {
                marks.Add((combiningClass, i, codes[i]));
                continue;
            }

            if (marks.Count > 1)
            {
                int first = i - marks.Count;
                marks.Sort();
                for (int j = 0; j < marks.Count; j++)
                {
                    codes[first + j] = marks[j].Code;
                }
            }

            marks.Clear();
        }
    }

    private static void Compose(List<int> codes)
    {
        int starter = -1; // index of the last starter, -1 before the first
        int lastClass = 0; // combining class of the code point kept last, 0 for the starter itself
        int length = 0;
        for (int i = 0; i < codes.Count; i++)
        {
            int code = codes[i];
            int combiningClass = UnicodeTables.CombiningClasses.GetValueOrDefault(code);
            bool isAdjacent = length == starter + 1;
            bool isBlocked = !isAdjacent && (combiningClass == 0 || lastClass >= combiningClass);
            if (starter >= 0 && !isBlocked && TryCompose(codes[starter], code, out int composed))
            {
                codes[starter] = composed;
                continue;
            }

            if (combiningClass == 0)
            {
                starter = length;
            }

            lastClass = combiningClass;
            codes[length++] = code;
        }

        codes.RemoveRange(length, codes.Count - length);
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        int lead = first - LeadBase;
        int vowel = second - VowelBase;
        if (lead is >= 0 and < NumLeads && vowel is >= 0 and < NumVowels)
        {
            composed = SyllableBase + (((lead * NumVowels) + vowel) * NumTrails);
            return true;
        }

        int syllable = first - SyllableBase;
        int trail = second - TrailBase;
        if (syllable is >= 0 and < NumSyllables && syllable % NumTrails == 0 && trail is > 0 and < NumTrails)
        {
            composed = first + trail;
            return true;
        }

        return UnicodeTables.Compositions.TryGetValue((first, second), out composed);
    }
}

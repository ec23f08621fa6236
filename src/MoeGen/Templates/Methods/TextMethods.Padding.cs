namespace MoeGen.Templates;

/// <summary>Filling a text up to a width.</summary>
internal static partial class TextMethods
{
    /// <summary>Python's <c>str.center</c>, which puts the odd character on the left when the width is odd.</summary>
    public static TextValue Center(RenderContext context, TextValue text, int width, string fill = " ")
    {
        int missing = Math.Max(0, width - text.NumCodePoints);
        int left = (missing / 2) + (missing & width & 1);
        return Pad(context, text, left, missing - left, fill);
    }

    private static void AddPadding(MethodTable methods)
    {
        methods.Add("center", "width fillchar? /", (context, a) => Center(context, Self(a), a[1].AsCount(), Fill(a)));
        methods.Add("ljust", "width fillchar? /", (context, a) =>
            Pad(context, Self(a), 0, a[1].AsCount() - Self(a).NumCodePoints, Fill(a)));
        methods.Add("rjust", "width fillchar? /", (context, a) =>
            Pad(context, Self(a), a[1].AsCount() - Self(a).NumCodePoints, 0, Fill(a)));
        methods.Add("zfill", "width /", (context, a) =>
        {
            TextValue self = Self(a);
            int sign = self.Text.StartsWith('+') || self.Text.StartsWith('-') ? 1 : 0,
                missing = Math.Max(0, a[1].AsCount() - self.NumCodePoints);
            context.ReserveText((long)self.Text.Length + missing);
            return self.With(self.Text[..sign] + new string('0', missing) + self.Text[sign..]);
        });
    }

    private static string Fill(Value?[] arguments)
    {
        string fill = arguments[2] is null ? " " : arguments[2].AsText();
        return CodePoints.Count(fill) == 1 ? fill : throw new TemplateFault("The fill character must be exactly one character long");
    }

    private static TextValue Pad(RenderContext context, TextValue text, int left, int right, string fill)
    {
        (left, right) = (Math.Max(0, left), Math.Max(0, right));
        context.ReserveText(text.Text.Length + (((long)left + right) * fill.Length));
        return text.With(string.Concat(Enumerable.Repeat(fill, left)) + text.Text + string.Concat(Enumerable.Repeat(fill, right)));
    }
}

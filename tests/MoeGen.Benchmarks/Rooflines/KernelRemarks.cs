namespace MoeGen.Benchmarks.Rooflines;

/// <summary>What each kernel waits for, as its instructions have it: no number of these depends on a measurement.</summary>
internal static class KernelRemarks
{
    public static IReadOnlyList<(string Kernel, string Sentence)> All { get; } =
    [
        (
            "Projection, head, experts; one token",
            "memory, because every weight is used once; a thread that computes between its loads has fewer lines under way than one that "
            + "only loads, which a second thread makes up for."
        ),
        ("Router", "memory or a cache, and for so few rows the beginning and the end of a product."),
        (
            "Products of prompts, F32 and BF16",
            "arithmetic; the rest is the loading of weights, of which F32 has twice as many lines, and of an input for each multiplication."
        ),
        (
            "Products of prompts, F16",
            "arithmetic and widening, for which .NET has no instruction: to sixteen multiplications and additions two columns add two "
            + "multiplications and four other operations."
        ),
        (
            "Products of prompts, Q8 and Q4",
            "the pipes of the arithmetic: multiplications have two of them, and additions, which are sent to all, take their turns there as "
            + "well; codes are widened or taken apart besides. AVX512-VNNI multiplies and adds in one, but .NET 10 does not offer it."
        ),
        (
            "Experts; prompts",
            "as products; where few tokens chose an expert, reading takes as long as the arithmetic and does not all hide behind it, and "
            + "tiles of fewer than eight tokens use a weight less often."
        ),
        (
            "Attention; one token",
            "memory, and turns: keys of 64 positions, their softmax, then their values, so that nothing is read while exponentials are "
            + "computed."
        ),
        (
            "Attention; prompts",
            "what is not counted: after 8 steps the products of 4 queries and 4 keys are 16 vectors to be summed across, and every score "
            + "takes an exponential."
        ),
        ("RmsNorm", "one sum of squares, whose additions wait for each other; a quantised row is read twice more, in vectors of 128 bits."),
        ("SwiGLU", "the exponential, some 20 operations that count as one here, and the division; quantised rows as with RmsNorm."),
        ("Rope", "a head is four steps of a loop, so that calls and loop ends are a good part of it."),
        ("Top-k", "one exponential after the other, in scalar code, and the branches of a sorted list of eight."),
    ];
}

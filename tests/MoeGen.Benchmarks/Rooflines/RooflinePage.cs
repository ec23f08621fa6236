using System.Text;
using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>docs/roofline.md, from what was measured alone.</summary>
/// <param name="measurement">What was measured.</param>
/// <param name="machine">What on.</param>
/// <param name="command">The command that the page is written by.</param>
internal sealed class RooflinePage(RooflineMeasurement measurement, JsonObject machine, string command)
{
    private static readonly string[] s_products = [KernelNames.Projection, KernelNames.Head, KernelNames.Router, KernelNames.Experts];

    private static readonly string[] s_rows = [KernelNames.Norm, KernelNames.Activation, KernelNames.Rope, KernelNames.Choice];

    private readonly StringBuilder _text = new();

    public override string ToString()
    {
        _text.Clear();
        AddHead();
        AddKernels();
        AddTwins();
        return _text.ToString();
    }

    private void AddHead()
    {
        Add("# Kernels beside what the machine can do");
        Add($"Written by `{command}`; do not edit.");
        Add($"""
            {machine["processor"]}, {machine["cores"]} cores, {machine["dotnet"]}. Kernels of OLMoE-1B-7B's published shape (hidden size
            {Olmoe.HiddenSize:N0}, {Olmoe.NumExperts} experts of {Olmoe.ExpertIntermediateSize:N0}, of which a token runs {Olmoe.TopK},
            {Olmoe.NumHeads} heads of {Olmoe.HeadDim}, vocabulary {Olmoe.VocabSize:N0}) over random numbers; experts are chosen by lot.
            Matrices, and the keys and values of single tokens, take turns in more memory than any cache of a processor holds.
            """);
        Add("""
            **Bytes** are every operand once, **operations** every multiplication and every addition (an exponential, a division and a
            comparison count as one), **the limit** is the longer of two times: for reading the bytes, and for the operations. The rates are
            those of two loops that run in turn with each kernel, in the same process and on the same threads: one reads what the kernel
            reads and does nothing with it, one multiplies and adds in registers with the kernel's own instructions and nothing else. Times
            are medians; MB and operations are those of a token, its share of what its pass has.
            """);
        Add(LimitTable.Of(measurement.Kernels));
        Add("""
            A float32 kernel with fewer operations per byte than the last column is bound by memory. 16-bit pairs are `vpmaddwd` and
            `vpaddd`, which products with Q8 take, 8-bit fours `vpmaddubsw` and `vpaddw`, those with Q4, where the processor has them.
            """);
    }

    private void AddKernels()
    {
        Add("## One token");
        Add(KernelTable.Of(measurement.Kernels.Where(result => result.NumTokens == 1 && s_products.Contains(result.Kernel))));
        Add("## Prompts");
        Add("""
            An expert computes for the tokens that chose it: of 8 tokens one or two, of 512 about 64.
            """);
        Add(KernelTable.Of(measurement.Kernels.Where(result => result.NumTokens > 1 && s_products.Contains(result.Kernel))));
        Add("## Attention");
        Add($"""
            One token behind {RooflineMeasurement.DecodeContext - 1:N0} others, and a prompt of {RooflineMeasurement.PromptTokens}, whose
            keys and values a cache holds; formats are those of keys and values.
            """);
        Add(KernelTable.Of(measurement.Kernels.Where(result => result.Kernel == KernelNames.Attention)));
        Add("## Rows");
        Add("""
            What works on activations that lie in the caches. Formats are those of the weights that read the outputs: Q8 and Q4 want them
            quantised, which is part of these kernels. Workers share tokens or heads, so one token's norm and choice have one thread.
            """);
        Add(KernelTable.Of(measurement.Kernels.Where(result => s_rows.Contains(result.Kernel)), areSmall: true));
        Add("## A token of the model");
        Add($"""
            The times of one token, as often as a pass runs each kernel, with {measurement.Kernels.Max(result => result.NumThreads)} threads
            and {RooflineMeasurement.DecodeContext:N0} positions of keys and values in F32. Not in it: waiting for each other, embedding,
            sampling.
            """);
        Add(TokenTable.Of(measurement.Kernels));
        Add("## What holds each kernel back");
        Add(string.Join('\n', KernelRemarks.All.Select(remark => $"- **{remark.Kernel}**: {remark.Sentence}")));
    }

    private void AddTwins()
    {
        Add("## What constant shapes are worth");
        Add("""
            The generator writes every shape as constants of a type, and kernels are compiled for that type. Here is the same text compiled
            for shapes that are static fields, written when the program runs, which the compiler can neither fold nor know to be multiples
            of anything. Nothing else differs: the loops, tiles and layouts that the library is written in are those of both. So this is the
            most that constants are worth: kernels written for run-time sizes would keep what the twin computes anew for each tile. One
            thread; matrices of the demo model take turns in as much memory as one of its tokens reads.
            """);
        Add(TwinTable.Of(measurement.Twins));
        Add("""
            The whole model: the demo model's generated code, and the same with static fields for the constants of its shapes, side by side
            on the same weights and prompts.
            """);
        Add(TwinTable.Of(measurement.Models));
        Add(TwinRemarks.Of(measurement));
    }

    private void Add(object block)
    {
        if (_text.Length > 0)
        {
            _text.Append('\n');
        }

        _text.Append(block.ToString()!.ReplaceLineEndings("\n").TrimEnd('\n')).Append('\n');
    }
}

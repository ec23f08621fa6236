using MoeGen.Experts;
using MoeGen.Experts.Selection;
using MoeGen.Kernels;
using MoeGen.Tests.Kernels;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

/// <summary>A layer as a test routes it: inputs, and what the router chose.</summary>
internal sealed class RoutedTokens : IDisposable
{
    private readonly NativeFloats _memory;
    private readonly Activations _inputs;
    private readonly Routing _routing;
    private readonly int _numTokens;

    /// <summary>Routes tokens.</summary>
    /// <param name="numExperts">Experts of a layer.</param>
    /// <param name="tokens">Input, ids and weights of each token.</param>
    public RoutedTokens(int numExperts, params (float[] Input, int[] Ids, float[] Weights)[] tokens)
    {
        _numTokens = tokens.Length;
        _memory = NativeFloats.Rows([.. tokens.Select(token => token.Input)], tokens[0].Input.Length, out _inputs);
        _routing = new Routing(numExperts, tokens[0].Ids.Length, tokens.Length);
        for (int token = 0; token < tokens.Length; token++)
        {
            tokens[token].Ids.CopyTo(_routing.RouterIds(token));
            tokens[token].Weights.CopyTo(_routing.RouterWeights(token));
        }
    }

    /// <summary>The same in a layer.</summary>
    public SelectedLayer In(int layer) => new(layer, _routing, _inputs, _numTokens);

    /// <summary>One token with an input of norm 1 that chooses experts with weights.</summary>
    public static RoutedTokens Of(int numExperts, params (int Id, float Weight)[] choices) =>
        new(numExperts, ([1, 0], [.. choices.Select(choice => choice.Id)], [.. choices.Select(choice => choice.Weight)]));

    public void Dispose()
    {
        _routing.Dispose();
        _memory.Dispose();
    }
}

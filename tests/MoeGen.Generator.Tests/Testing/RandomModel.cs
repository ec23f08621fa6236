using MoeGen.Engine;
using MoeGen.Generator.Spec;
using MoeGen.Testing;
using StoredFormat = MoeGen.Weights.WeightFormat;

namespace MoeGen.Generator.Tests.Testing;

/// <summary>A model of a random spec with random weights: its code, a text, and what the reference computes of it.</summary>
internal sealed class RandomModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly GeneratorHost _host;
    private readonly int[] _input; // what an encoder reads; empty without one

    /// <summary>Compiles the code, which must not give a warning, and writes the weights.</summary>
    /// <param name="family">The <c>model_type</c>.</param>
    /// <param name="seed">Seed of spec, weights and text.</param>
    /// <param name="format">Format of the matrices; the checkpoint has that of the config where they are quantised.</param>
    public RandomModel(string family, int seed, string format)
    {
        Config = RandomConfigs.Create(family, seed);
        _host = GeneratorHost.Run(new TestItem(Config, WeightFormat: format));
        Assert.Empty(_host.Diagnostics);
        Assert.Empty(_host.CompilerDiagnostics());
        Spec = ModelSpecReader.Read(Config, Enum.Parse<WeightFormat>(format)).Spec!;
        StoredFormat stored = Enum.Parse<StoredFormat>((Spec.FloatFormat ?? Spec.WeightFormat).ToString());
        RandomCheckpoint.Write(_folder.Path, Spec, stored, seed);
        Random = new Random(seed);
        Tokens = [.. Enumerable.Range(0, 23).Select(_ => Random.Next(Spec.VocabSize))];
        _input = [.. Enumerable.Range(0, Spec.Encoder is null ? 0 : 17).Select(_ => Random.Next(Spec.VocabSize))];
        Reference = ReferenceModel.Load(Spec, _folder.Path).Run(Tokens, _input);
    }

    /// <summary>The text of config.json.</summary>
    public string Config { get; }

    public ModelSpec Spec { get; }

    /// <summary>The text.</summary>
    public int[] Tokens { get; }

    /// <summary>What comes after weights and text by lot.</summary>
    public Random Random { get; }

    public ReferenceResult Reference { get; }

    /// <summary>Loads the model and computes the logits after every token of the text, so many tokens at once.</summary>
    public float[][] Run(MoeOptions options, int chunk, IRoutingObserver? observer = null)
    {
        using MoeModel model = _host.LoadModel(_folder.Path, options);
        using Sequence sequence = model.CreateSequence();
        using ForwardPass pass = model.CreatePass(Math.Max(chunk, _input.Length), chunk);
        pass.Observer = observer;
        if (_input.Length > 0)
        {
            model.Encode(sequence, _input, pass, TestContext.Current.CancellationToken);
        }

        List<float[]> logits = [];
        for (int first = 0; first < Tokens.Length; first += chunk)
        {
            int count = Math.Min(chunk, Tokens.Length - first);
            model.Run(pass, sequence, Tokens.AsSpan(first, count), count, TestContext.Current.CancellationToken, Tokens.Length);
            for (int t = 0; t < count; t++)
            {
                logits.Add(pass.Logits[t].ToArray());
            }
        }

        return [.. logits];
    }

    public void Dispose() => _folder.Dispose();
}

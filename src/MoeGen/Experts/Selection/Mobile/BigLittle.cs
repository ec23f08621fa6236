using MoeGen.Engine;

namespace MoeGen.Experts.Selection.Mobile;

/// <summary>
/// Runs a decode step with half the experts that the router chooses, and once more with all of them where the logits are not sure of the
/// next token. Prompts run with all.
/// </summary>
/// <remarks>
/// Source: MoBiLE (arXiv 2510.12357). The little model is the model itself with <c>max(1, ceil(K / 2))</c> experts per token. A step that is
/// run again overwrites its keys and values; steps that are not keep those of the little pass. The paper's test and threshold are not
/// public: that the most probable token decides follows BiLD (arXiv 2302.07863), on whose idea MoBiLE is modelled. Every step is judged
/// by its own logits, so sequences that run together do not touch each other: those that are not sure run again without the others.
/// </remarks>
public sealed class BigLittle : ISelection
{
    private readonly int _topK;
    private readonly Random _random;
    private MobileOptions _options; // of the running pass
    private bool[] _isLittle = new bool[1]; // [tokens of the longest pass] whether the row runs half, and may have to be run again

    /// <summary>Creates the selection.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="options">Its choices; null: the defaults.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public BigLittle(ExpertGrid grid, MobileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(grid);
        _options = options ?? new MobileOptions();
        _options.Validate();
        Options = _options;
        _topK = grid.TopK;
        _random = new Random(_options.Seed);
    }

    /// <inheritdoc/>
    public string Name => "big-little";

    /// <summary>
    /// Its choices. Other ones hold from the next pass on, except <see cref="MobileOptions.Base"/> and <see cref="MobileOptions.Seed"/>.
    /// </summary>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public MobileOptions Options
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            field = value;
        }
    }

    /// <inheritdoc/>
    public int NumChosenOf(int token) => _isLittle[token] ? LittleTopK(_topK) : _topK;

    /// <summary>Creates the selection, or none for a model that has nothing to halve.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="options">Its choices.</param>
    /// <exception cref="MobileCalibrationException">They were found for another model.</exception>
    internal static BigLittle? Create(SelectionSetup setup, MobileOptions options)
    {
        options.Calibration?.CheckModel(setup.Fingerprint);
        if (setup.Grid.TopK > 1)
        {
            return new BigLittle(setup.Grid, options);
        }

        setup.Notice("mobile has no effect: a token of this model runs one expert of a layer, and there is no half of it");
        return null;
    }

    /// <summary>Experts of a token in the little pass: half, rounded up.</summary>
    /// <param name="topK">Experts that its router chooses.</param>
    public static int LittleTopK(int topK) => (topK + 1) / 2;

    /// <inheritdoc/>
    public ReadOnlySpan<bool> Competing(int layer) => default;

    /// <inheritdoc/>
    public void OnPassStart(in SelectionPass start)
    {
        _options = Options;
        if (_isLittle.Length < start.NumTokens)
        {
            _isLittle = new bool[start.NumTokens];
        }

        foreach (Segment segment in start.Segments)
        {
            bool isLittle = segment.IsDecode && !start.IsRepeat && !IsBigAtOnce(segment.DecodeStep);
            _isLittle.AsSpan(segment.FirstRow, segment.NumTokens).Fill(isLittle);
        }
    }

    /// <inheritdoc/>
    public void OnRouted(in SelectedLayer layer)
    {
    }

    /// <inheritdoc/>
    public bool OnPassEnd(in Segment segment, ReadOnlySpan<float> logits) => _isLittle[segment.FirstRow] && !IsEnough(logits);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private bool IsBigAtOnce(int decodeStep) =>
        _options.Rule == FallbackRule.AlwaysBig || (_options.Rule == FallbackRule.FirstTokensBig && decodeStep < _options.NumFirstTokens);

    // logits that are not finite are not enough: the big pass says so, or mends it
    private bool IsEnough(ReadOnlySpan<float> logits) => _options.Rule switch
    {
        FallbackRule.RandomBig => _random.NextDouble() >= _options.RandomShare,
        FallbackRule.AlwaysLittle or FallbackRule.FirstTokensBig => true,
        _ => Confidence.Of(_options.Rule, logits) >= _options.Threshold,
    };
}

namespace MoeGen.Experts.Selection.Mobile;

/// <summary>A threshold of MoBiLE that was found for a model, and what it gave on the texts it was found on.</summary>
public sealed record MobileCalibration
{
    /// <summary>Fingerprint of the model (<see cref="ModelInfo.Fingerprint"/>).</summary>
    public required string Fingerprint { get; init; }

    /// <summary>How confidence was measured.</summary>
    public required FallbackRule Rule { get; init; }

    /// <summary>Confidence below which a step runs again with all experts, 0 or above.</summary>
    public required float Threshold { get; init; }

    /// <summary>Share of tokens that might differ from the exact model's, and of perplexity that might be added.</summary>
    public required double Tolerance { get; init; }

    /// <summary>Decode steps that it was measured on.</summary>
    public required int NumTokens { get; init; }

    /// <summary>Steps that ran again, as a share of all.</summary>
    public required double FallbackShare { get; init; }

    /// <summary>Share of steps after which the most probable token was that of the exact model.</summary>
    public required double Agreement { get; init; }

    /// <summary>Perplexity of the texts.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Their perplexity under the exact model.</summary>
    public required double ExactPerplexity { get; init; }

    /// <summary>The file that it was read from; null: none.</summary>
    public string? Path { get; init; }

    /// <summary>Reads a calibration. Whether it belongs to a model is found out when one is loaded with it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MobileCalibrationException">It holds something else.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static MobileCalibration Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MobileCalibration calibration = MobileCalibrationFile.Read(path);
        calibration.CheckNumbers();
        return calibration;
    }

    /// <summary>Writes the calibration into a file, which appears under its name when it is complete.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MobileCalibrationFile.Write(this, path);
    }

    /// <summary>Refuses a calibration of another model.</summary>
    internal void CheckModel(string fingerprint)
    {
        if (Fingerprint != fingerprint)
        {
            throw new MobileCalibrationException(
                Path, $"is of the model {Fingerprint}; expected one of {fingerprint}. Calibrate this model, in this weight format");
        }
    }

    private void CheckNumbers()
    {
        Check("threshold", Threshold, 0, float.MaxValue);
        Check("tolerance", Tolerance, 0, double.MaxValue);
        Check("tokens", NumTokens, 1, int.MaxValue);
        Check("fallback_share", FallbackShare, 0, 1);
        Check("agreement", Agreement, 0, 1);
        Check("perplexity", Perplexity, 1, double.MaxValue);
        Check("exact_perplexity", ExactPerplexity, 1, double.MaxValue);
    }

    private void Check(string key, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            string expected = most == 1 ? "0 to 1" : FormattableString.Invariant($"a number of at least {least}");
            throw new MobileCalibrationException(Path, FormattableString.Invariant($"{key} is {value}; expected {expected}"));
        }
    }
}

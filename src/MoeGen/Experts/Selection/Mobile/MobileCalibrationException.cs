namespace MoeGen.Experts.Selection.Mobile;

/// <summary>A calibration of MoBiLE is damaged, or belongs to another model.</summary>
public sealed class MobileCalibrationException : MoeGenException
{
    internal MobileCalibrationException(string? file, string fault)
        : base($"{file ?? "the calibration"}: {fault}")
    {
        File = file;
    }

    /// <summary>The file at fault; null: the calibration was not read from one.</summary>
    public string? File { get; }
}

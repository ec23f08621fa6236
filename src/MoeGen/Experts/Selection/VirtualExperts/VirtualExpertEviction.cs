using MoeGen.Experts.Eviction;

namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>
/// What is given up while a prompt runs exactly: the least important expert of a layer that has more in memory than it is to have Virtual
/// Experts. So each layer ends with as many as it is to have, and they are the most important ones.
/// </summary>
/// <remarks>
/// As many slots as are spare are always above the shares or free, and what is above them can go once it has been computed: a layer gets
/// every expert that it waits for. The last expert of a layer stays until another one has arrived, so that a layer has one even where a
/// prompt is interrupted.
/// </remarks>
internal sealed class VirtualExpertEviction(ExpertGrid grid, int[] shares, ExpertImportance importance, IResidency residency) : IEviction
{
    /// <inheritdoc/>
    public string Name => "virtual-experts";

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment)
    {
        int layer = grid.LayerOf(key);
        bool isAboveShare = moment.ResidentOfLayer[layer] > shares[layer];
        return isAboveShare && HasAnother(layer, grid.ExpertOf(key)) ? importance.Latest(key) : double.PositiveInfinity;
    }

    private bool HasAnother(int layer, int expert)
    {
        for (int other = 0; other < grid.NumExperts; other++)
        {
            if (other != expert && residency.IsResident(layer, other))
            {
                return true;
            }
        }

        return false;
    }
}

using System.Collections.Generic;

namespace MoeGen.Generator.Emit.Gpu;

/// <summary>Where the GPU half finds the names that the processor's half finds elsewhere.</summary>
internal static class GpuUsings
{
    /// <summary>The usings of a file of the GPU half.</summary>
    /// <param name="usings">Those of the same file of the processor's half.</param>
    public static IEnumerable<string> Of(IEnumerable<string> usings)
    {
        foreach (string name in usings)
        {
            switch (name)
            {
                case "MoeGen.Engine":
                    yield return "Worker = MoeGen.Engine.Worker";
                    break;
                case "MoeGen.Kernels":
                    yield return "MoeGen.Gpu";
                    yield return "MoeGen.Gpu.Kernels";
                    break;
                case "MoeGen.Experts" or "MoeGen.Weights":
                    break;
                case string when name.StartsWith("Expert = ", System.StringComparison.Ordinal):
                    break;
                default:
                    yield return name;
                    break;
            }
        }
    }
}

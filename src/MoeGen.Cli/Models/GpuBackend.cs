using System.Reflection;

namespace MoeGen.Cli.Models;

/// <summary>The GPU backend, which only some builds of this tool have: it needs ILGPU.</summary>
internal static class GpuBackend
{
    private const string Name = "MoeGen.Gpu";

    // what generated code names; ILGPU is there when the backend is
    private static readonly string[] s_assemblies = [Name, "ILGPU"];

    private static readonly Assembly? s_backend = Find();

    /// <summary>Whether this build has it.</summary>
    public static bool IsHere => s_backend is not null;

    /// <summary>Files of the assemblies that code for a GPU refers to.</summary>
    public static IEnumerable<string> Assemblies => s_assemblies.Select(name => Assembly.Load(name).Location);

    /// <summary>Identity of the backend, for the names of files.</summary>
    public static string Version => s_backend!.ManifestModule.ModuleVersionId.ToString("N")[..8];

    /// <summary>Refuses a device that this build of the tool knows nothing of.</summary>
    /// <param name="options">How a model is to run.</param>
    /// <param name="notice">Hears where the processor computes instead.</param>
    /// <returns>How it runs.</returns>
    public static MoeOptions Check(MoeOptions options, Action<string> notice)
    {
        const string Missing = "this build of moegen has no GPU backend";
        if (options.Device == Device.Cpu || IsHere)
        {
            return options;
        }

        if (options.Device == Device.Gpu)
        {
            throw new CliException($"{Missing}; build it with -p:Gpu=true, where package ILGPU can be had, or run it with --device cpu");
        }

        notice($"{Missing}; the processor computes");
        return options with { Device = Device.Cpu };
    }

    private static Assembly? Find()
    {
        try
        {
            // without ILGPU the assembly may lie there, and is empty
            Assembly backend = Assembly.Load(Name);
            return backend.GetType($"{Name}.GpuHalf") is null ? null : backend;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}

using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace MoeGen.Gpu;

/// <summary>
/// Where the driver's library is found: ILGPU asks for <c>cuda</c>, and a machine that only runs programs has <c>libcuda.so.1</c> and no
/// <c>libcuda.so</c>.
/// </summary>
internal static class CudaLibrary
{
    private const string Name = "cuda";
    private const string Versioned = "libcuda.so.1";

    /// <summary>Shows ILGPU the way. Once for a process; where the program has shown it another one, that stays.</summary>
    public static void Register()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
        }
        catch (InvalidOperationException)
        {
            // there is a resolver already
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == Name && OperatingSystem.IsLinux() && NativeLibrary.TryLoad(Versioned, out nint library) ? library : 0;
}

using System.Reflection;
using System.Runtime.Loader;
using ILGPU;
using ILGPU.Algorithms;

namespace MoeGen.Gpu.Tests.Ilgpu;

public sealed class DeclarationTests
{
    [Fact]
    public void EveryMemberOfTheDeclaration_IsOneOfIlgpu()
    {
        HashSet<string> ilgpu =
        [
            .. from assembly in new[] { typeof(Index1D).Assembly, typeof(XMath).Assembly }
               from type in assembly.GetExportedTypes()
               from member in Members(type, BindingFlags.FlattenHierarchy)
               select member,
        ];

        Assembly declaration = new AssemblyLoadContext("declaration").LoadFromAssemblyPath(DeclarationPath());
        string[] declared = [.. declaration.GetExportedTypes().SelectMany(type => Members(type, BindingFlags.DeclaredOnly))];

        Assert.NotEmpty(declared);
        Assert.Empty(declared.Except(ilgpu));
    }

    private static IEnumerable<string> Members(Type type, BindingFlags reach) =>
        type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | reach).Select(member => $"{type.FullName}: {member}");

    // it cannot be referenced beside the assembly whose name it bears
    private static string DeclarationPath()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(output.Parent!.Parent!.FullName, "MoeGen.Gpu.Declarations", output.Name, "ILGPU.dll");
    }
}

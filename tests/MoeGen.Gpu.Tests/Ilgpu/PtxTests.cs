using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using MoeGen.Gpu.Cases;
using MoeGen.Gpu.Kernels;
using IAttentionShape = MoeGen.Kernels.IAttentionShape;
using ILatentShape = MoeGen.Kernels.ILatentShape;

namespace MoeGen.Gpu.Tests.Ilgpu;

/// <summary>Every kernel, and every emitted matrix, expert and attention in one, through ILGPU's compiler for NVIDIA's devices.</summary>
public class PtxTests
{
    private static readonly CudaArchitecture[] s_architectures = [CudaArchitecture.SM_80, CudaArchitecture.SM_90];

    public static TheoryData<string> Kernels => [.. AllKernels().Keys];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kernel_CompilesForEveryArchitecture(string name)
    {
        foreach (CudaArchitecture architecture in s_architectures)
        {
            string ptx = Compile(AllKernels()[name], architecture);
            Assert.Contains(".visible .entry", ptx, StringComparison.Ordinal);
            Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Weights_AreLoadedSixteenBytesAtATime()
    {
        foreach ((string name, MethodInfo kernel) in AllKernels().Where(pair => pair.Key.StartsWith("ProductKernels.Multiply<", StringComparison.Ordinal)))
        {
            Assert.True(Compile(kernel, CudaArchitecture.SM_90).Contains(".v4.b32", StringComparison.Ordinal), name);
        }
    }

    private static string Compile(MethodInfo kernel, CudaArchitecture architecture)
    {
        // a context that has failed once compiles nothing any more, so each kernel has its own
        using Context context = Context.Create(builder => GpuModel.Configure(builder));
        using PTXBackend backend = new(
            context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_80, null);
        EntryPointDescription entry = EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
        return ((PTXCompiledKernel)backend.Compile(entry, KernelSpecialization.Empty)).PTXAssembly;
    }

    private static SortedDictionary<string, MethodInfo> AllKernels()
    {
        SortedDictionary<string, MethodInfo> kernels = new(StringComparer.Ordinal);
        Add(kernels, typeof(NormKernels), nameof(NormKernels.Rms));
        Add(kernels, typeof(NormKernels), nameof(NormKernels.Layer));
        Add(kernels, typeof(RotationKernel), nameof(RotationKernel.Rotate));
        Add(kernels, typeof(ElementwiseKernels), nameof(ElementwiseKernels.Clamp));
        Add(kernels, typeof(ElementwiseKernels), nameof(ElementwiseKernels.ScaleByPosition));
        Add(kernels, typeof(AttentionKernels), nameof(AttentionKernels.Append));
        Add(kernels, typeof(GatedKernels), nameof(GatedKernels.ScaleRows));
        Add(kernels, typeof(ExpertKernels), nameof(ExpertKernels.AddChosen));
        Add(kernels, typeof(TopKKernels), nameof(TopKKernels.SoftmaxThenTopK));
        foreach (Type type in typeof(Olmoe).Assembly.GetTypes().Where(type => type.IsValueType))
        {
            if (type.IsAssignableTo(typeof(IGpuMatrix)))
            {
                Add(kernels, typeof(ProductKernels), nameof(ProductKernels.Multiply), type);
                Add(kernels, typeof(GatedKernels), nameof(GatedKernels.Multiply), type, typeof(SwiGlu));
                Add(kernels, typeof(GatedKernels), nameof(GatedKernels.MultiplyUp), type, typeof(ReGlu));
            }
            else if (type.IsAssignableTo(typeof(IGpuExpert)))
            {
                Type up = type.Assembly.GetType($"{type.Namespace}.ExpertUpMatrix", throwOnError: true)!;
                Type down = type.Assembly.GetType($"{type.Namespace}.ExpertDownMatrix", throwOnError: true)!;
                foreach (Type activation in Activations(type))
                {
                    Add(kernels, typeof(ExpertKernels), nameof(ExpertKernels.GateAndUp), up, type, activation);
                }

                Add(kernels, typeof(ExpertKernels), nameof(ExpertKernels.Down), down, type);
            }
            else if (type.IsAssignableTo(typeof(ILatentShape)))
            {
                Type up = type.Assembly.GetType($"{type.Namespace}.Gpu.KeyValueUpMatrix", throwOnError: true)!;
                Add(kernels, typeof(LatentKernels), nameof(LatentKernels.Absorb), type, up);
                Add(kernels, typeof(LatentKernels), nameof(LatentKernels.Expand), type, up);
            }
            else if (type.IsAssignableTo(typeof(IAttentionShape)))
            {
                Add(kernels, typeof(AttentionKernels), nameof(AttentionKernels.Attend), type);
            }
        }

        return kernels;
    }

    private static IEnumerable<Type> Activations(Type expert)
    {
        Type[] activations = [typeof(SwiGlu), typeof(GeGlu), typeof(GeGluTanh), typeof(ReGlu)];
        Type? limit = expert.Assembly.GetType($"{expert.Namespace![..expert.Namespace!.LastIndexOf('.')]}.SwiGluLimit");
        return limit is null ? activations : activations.Append(typeof(ClampedSwiGlu<>).MakeGenericType(limit));
    }

    private static void Add(SortedDictionary<string, MethodInfo> kernels, Type owner, string name, params Type[] types)
    {
        MethodInfo kernel = owner.GetMethod(name)!;
        string arguments = string.Join(", ", types.Select(type => type.FullName!.Replace("MoeGen.Generated.", "", StringComparison.Ordinal)));
        kernels[types.Length == 0 ? $"{owner.Name}.{name}" : $"{owner.Name}.{name}<{arguments}>"] =
            types.Length == 0 ? kernel : kernel.MakeGenericMethod(types);
    }
}

namespace ILGPU.Runtime;

/// <summary>Turns static methods into kernels of an accelerator.</summary>
public static class KernelLoaders
{
    public static Action<AcceleratorStream, KernelConfig, T1> LoadKernel<T1>(
        this Accelerator accelerator,
        Action<T1> action)
        where T1 : struct
    {
        CheckKernel(action);
        return (stream, config, arg1) =>
            accelerator.Launch(stream, config, () => action(arg1));
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2> LoadKernel<T1, T2>(
        this Accelerator accelerator,
        Action<T1, T2> action)
        where T1 : struct
        where T2 : struct
    {
        CheckKernel(action);
        return (stream, config, arg1, arg2) =>
            accelerator.Launch(stream, config, () => action(arg1, arg2));
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3> LoadKernel<T1, T2, T3>(
        this Accelerator accelerator,
        Action<T1, T2, T3> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        CheckKernel(action);
        return (stream, config, arg1, arg2, arg3) =>
            accelerator.Launch(stream, config, () => action(arg1, arg2, arg3));
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> LoadKernel<T1, T2, T3, T4>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        CheckKernel(action);
        return (stream, config, arg1, arg2, arg3, arg4) =>
            accelerator.Launch(stream, config, () => action(arg1, arg2, arg3, arg4));
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> LoadKernel<T1, T2, T3, T4, T5>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        CheckKernel(action);
        return (stream, config, arg1, arg2, arg3, arg4, arg5) =>
            accelerator.Launch(stream, config, () => action(arg1, arg2, arg3, arg4, arg5));
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> LoadKernel<T1, T2, T3, T4, T5, T6>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        CheckKernel(action);
        return (stream, config, arg1, arg2, arg3, arg4, arg5, arg6) =>
            accelerator.Launch(stream, config, () => action(arg1, arg2, arg3, arg4, arg5, arg6));
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> LoadKernel<T1, T2, T3, T4, T5, T6, T7>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        CheckKernel(action);
        return (stream, config, arg1, arg2, arg3, arg4, arg5, arg6, arg7) =>
            accelerator.Launch(stream, config, () => action(arg1, arg2, arg3, arg4, arg5, arg6, arg7));
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8>(
        this Accelerator accelerator,
        Action<T1, T2, T3, T4, T5, T6, T7, T8> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
    {
        CheckKernel(action);
        return (stream, config, arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8) =>
            accelerator.Launch(stream, config, () => action(arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8));
    }

    private static void CheckKernel(Delegate action)
    {
        if (!action.Method.IsStatic)
        {
            throw new NotSupportedException($"'{action.Method.Name}' is not a static method; a kernel is one, and captures nothing");
        }
    }
}

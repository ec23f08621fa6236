using ILGPU.Runtime;

namespace ILGPU;

public sealed partial class Context
{
    /// <summary>Collects devices and settings; how kernels are compiled makes no difference here.</summary>
    public sealed class Builder
    {
        internal Builder()
        {
        }

        public MathMode MathMode { get; private set; }

        public OptimizationLevel OptimizationLevel { get; private set; } = OptimizationLevel.Release;

        internal List<Device> Devices { get; } = [];

        public Builder Math(MathMode mathMode)
        {
            MathMode = mathMode;
            return this;
        }

        public Builder Optimize(OptimizationLevel level)
        {
            OptimizationLevel = level;
            return this;
        }

        public Context ToContext() => new([.. Devices]);
    }
}

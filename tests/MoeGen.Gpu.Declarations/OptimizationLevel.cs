namespace ILGPU;

public enum OptimizationLevel
{
    O0 = 0,
    O1 = 1,
    O2 = 2,
    Debug = O0,
    Release = O1,
}

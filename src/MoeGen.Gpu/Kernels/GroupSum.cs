using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>Sums over the threads of a group, the same for each of them, in an order that depends on the size of the group alone.</summary>
public static class GroupSum
{
    /// <summary>Adds up a value of each thread. Every thread of the group calls it.</summary>
    /// <param name="value">What this thread has.</param>
    /// <param name="shared">[<see cref="GroupLanes.MaxGroupSize"/>]; may be used again behind it.</param>
    public static float Of(float value, ArrayView<float> shared)
    {
        shared[Group.IdxX] = value;
        Group.Barrier();
        for (int distance = Group.DimX / 2; distance > 0; distance /= 2)
        {
            if (Group.IdxX < distance)
            {
                shared[Group.IdxX] += shared[Group.IdxX + distance];
            }

            Group.Barrier();
        }

        float total = shared[0];
        Group.Barrier();
        return total;
    }
}

using System.Runtime.Intrinsics;
using MoeGen.Experts.Prefetch;
using MoeGen.Kernels;

namespace MoeGen.Tests.Experts.Prefetch;

public unsafe class RowProductsTests
{
    // rounding of 64 products of numbers below 1, summed in float32
    private const double Tolerance = 64 * 1.2e-7;

    [Fact]
    public void EveryWidth_EqualsTheScalarSum()
    {
        Random random = new(5);
        foreach (int stride in new[] { 16, 32, 64 })
        {
            for (int count = 0; count <= 11; count++)
            {
                Check(RowProducts.Compute<Simd128, Vector128<float>>, random, stride, count);
                Check(RowProducts.Compute<Simd256, Vector256<float>>, random, stride, count);
                Check(RowProducts.Compute<Simd512, Vector512<float>>, random, stride, count);
                Check(RowProducts.Compute, random, stride, count);
            }
        }
    }

    [Fact]
    public void ListedRows_EqualAllRows()
    {
        Random random = new(6);
        for (int count = 0; count <= 11; count++)
        {
            const int Stride = 32, NumRows = 20;
            ushort[] rows = RandomRows(random, Stride * NumRows);
            int[] list = [.. Enumerable.Range(0, NumRows).OrderBy(_ => random.Next()).Take(count).Order()];
            float[] query = [.. Enumerable.Range(0, Stride).Select(_ => random.NextSingle() - 0.5f)];
            float[] all = new float[NumRows];
            fixed (ushort* r = rows)
            fixed (int* l = list)
            fixed (float* q = query, a = all)
            {
                RowProducts.Compute(r, Stride, NumRows, q, a, adds: false);
                foreach (ComputeListed compute in (ComputeListed[])
                    [
                        RowProducts.ComputeListed<Simd128, Vector128<float>>,
                        RowProducts.ComputeListed<Simd256, Vector256<float>>,
                        RowProducts.ComputeListed<Simd512, Vector512<float>>,
                        RowProducts.ComputeListed,
                    ])
                {
                    float[] products = [.. Enumerable.Repeat(7f, count + 1)], sums = [.. Enumerable.Repeat(1f, count + 1)];
                    fixed (float* p = products, s = sums)
                    {
                        compute(r, Stride, l, count, q, p, false);
                        compute(r, Stride, l, count, q, s, true);
                    }

                    for (int i = 0; i < count; i++)
                    {
                        Assert.Equal(all[list[i]], products[i], Tolerance);
                        Assert.Equal(all[list[i]] + 1, sums[i], Tolerance);
                    }

                    Assert.Equal((7f, 1f), (products[count], sums[count]));
                }
            }
        }
    }

    [Fact]
    public void Bf16Rows_MultiplyWhatWasWritten()
    {
        // 1.5, -2 and 0.25 are bfloat16 as they are: 1.5 x 2 - 2 x 3 + 0.25 x 4 = -2
        using Bf16Rows rows = new(2, 3, 3);
        rows.Write(1, 2, [1.5f, -2, 0.25f]);
        float[] query = new float[rows.Stride], products = [1, 2, 3], read = new float[3];
        new float[] { 2, 3, 4 }.CopyTo(query, 0);
        rows.Multiply(1, query, products, adds: true);
        Assert.Equal([1, 2, 1f], products);
        rows.Multiply(1, query, products, adds: false);
        Assert.Equal([0, 0, -2f], products);
        rows.Multiply(1, [0, 2], query, products.AsSpan(0, 2), adds: true);
        Assert.Equal([0, -2f], products[..2]);
        rows.Read(1, 2, read);
        Assert.Equal([1.5f, -2, 0.25f], read);
    }

    private delegate void ComputeListed(ushort* rows, int stride, int* list, int count, float* query, float* products, bool adds);

    private delegate void Compute(ushort* rows, int stride, int count, float* query, float* products, bool adds);

    private static void Check(Compute compute, Random random, int stride, int count)
    {
        ushort[] rows = RandomRows(random, stride * count);
        float[] query = [.. Enumerable.Range(0, stride).Select(_ => random.NextSingle() - 0.5f)];
        float[] products = [.. Enumerable.Repeat(7f, count + 1)], sums = [.. Enumerable.Repeat(1f, count + 1)];
        fixed (ushort* r = rows)
        fixed (float* q = query, p = products, s = sums)
        {
            compute(r, stride, count, q, p, false);
            compute(r, stride, count, q, s, true);
        }

        for (int row = 0; row < count; row++)
        {
            double expected = Enumerable.Range(0, stride)
                .Sum(i => (double)query[i] * BitConverter.UInt32BitsToSingle((uint)rows[(row * stride) + i] << 16));
            Assert.Equal(expected, products[row], Tolerance);
            Assert.Equal(expected + 1, sums[row], Tolerance);
        }

        Assert.Equal((7f, 1f), (products[count], sums[count]));
    }

    private static ushort[] RandomRows(Random random, int length) =>
        [.. Enumerable.Range(0, length).Select(_ => (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle()) >> 16))];
}

using BenchmarkDotNet.Attributes;
using NetmapCuse.Core.Vale;

namespace NetmapCuse.Bench;

/// <summary>The address table with 1024 addresses in it; figures are per address.</summary>
public class MacTableBenchmarks
{
    private const int Addresses = 1024;

    private readonly MacTable _table = new();

    [GlobalSetup]
    public void Setup() => Learn();

    [Benchmark(OperationsPerInvoke = Addresses)]
    public int Find()
    {
        int sum = 0;
        for (ulong i = 0; i < Addresses; i++)
        {
            sum += _table.Find(i << 8);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Addresses)]
    public void Learn()
    {
        for (ulong i = 0; i < Addresses; i++)
        {
            _table.Learn(i << 8, (int)(i & 15));
        }
    }
}

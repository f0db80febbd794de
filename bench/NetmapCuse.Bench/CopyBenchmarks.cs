using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using NetmapCuse.Core.Vale;

namespace NetmapCuse.Bench;

/// <summary>The copy of frames between buffers of 2 KiB, 1024 of them; figures are per frame.</summary>
public unsafe class CopyBenchmarks
{
    private const int Frames = 1024;
    private const int Buffer = 2048;

    private byte* _from;
    private byte* _to;

    [Params(60, 256, 1514)]
    public uint Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _from = (byte*)NativeMemory.AlignedAlloc(Frames * Buffer, 64);
        _to = (byte*)NativeMemory.AlignedAlloc(Frames * Buffer, 64);
        NativeMemory.Fill(_from, Frames * Buffer, 1);
        NativeMemory.Fill(_to, Frames * Buffer, 2);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        NativeMemory.AlignedFree(_from);
        NativeMemory.AlignedFree(_to);
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public void Copy()
    {
        for (nint at = 0; at < Frames * Buffer; at += Buffer)
        {
            FrameCopy.Copy(_to + at, _from + at, Length);
        }
    }
}

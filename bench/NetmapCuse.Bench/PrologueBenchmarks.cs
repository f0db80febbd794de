using BenchmarkDotNet.Attributes;
using NetmapCuse.Core;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using Serilog.Core;

namespace NetmapCuse.Bench;

/// <summary>A sync with nothing to send: finding the ring, the checks of head and cur, and what is published at the end.</summary>
public class PrologueBenchmarks
{
    private readonly NetmapDevice _device = new(new DeviceOptions(), new SysfsInterfaces(), Logger.None);
    private MappedMemory _memory = null!;
    private BenchPort _port = null!;

    [GlobalSetup]
    public void Setup()
    {
        _memory = MappedMemory.Map(_device.Memory, 1UL << 32);
        _port = new BenchPort(_device, _memory, "vale0:a", 1024);
    }

    [Benchmark]
    public void TxSync() => _port.Sync(NetmapApi.NiocTxSync);

    [Benchmark]
    public void RxSync() => _port.Sync(NetmapApi.NiocRxSync);
}

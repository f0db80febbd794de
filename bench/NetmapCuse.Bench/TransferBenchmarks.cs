using BenchmarkDotNet.Attributes;
using NetmapCuse.Core;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using Serilog.Core;

namespace NetmapCuse.Bench;

/// <summary>One batch of 1000 frames from one port to another and back to the free slots; figures are per frame.</summary>
public class TransferBenchmarks
{
    private const int Frames = 1000;

    private readonly NetmapDevice _device = new(new DeviceOptions(), new SysfsInterfaces(), Logger.None);
    private MappedMemory _memory = null!;
    private BenchPort _sender = null!;
    private BenchPort _receiver = null!;

    [Params("vale0:b|vale0:a", "vale0:x{1|vale0:x}1")]
    public string Ports { get; set; } = "";

    [Params(60, 256, 1514)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _memory = MappedMemory.Map(_device.Memory, 1UL << 32);
        string[] names = Ports.Split('|');
        _receiver = new BenchPort(_device, _memory, names[0], 1024);
        _sender = new BenchPort(_device, _memory, names[1], 1024);
        _sender.FillTx((ushort)Length);
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public uint Transfer()
    {
        _sender.Send(Frames);
        uint got = _receiver.Receive();
        _sender.Sync(Core.Abi.Netmap.NetmapApi.NiocTxSync);
        return got;
    }
}

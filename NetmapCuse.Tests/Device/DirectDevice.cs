using NetmapCuse.Core;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Tests.Device;

/// <summary>A device object without a mount, and a client's mapping of its memory.</summary>
internal sealed unsafe class DirectDevice : IDisposable, IPollWaker
{
    private const ulong ArenaBytes = 1UL << 30;

    private readonly MappedMemory _memory;

    internal DirectDevice(HostBackends? host = null)
    {
        Device = new NetmapDevice(
            new DeviceOptions { ArenaBytes = ArenaBytes },
            host ?? new HostBackends { Interfaces = new TestInterfaces() },
            Serilog.Core.Logger.None);
        Device.Attach(this);
        _memory = MappedMemory.Map(Device.Memory, ArenaBytes);
    }

    internal NetmapDevice Device { get; }

    internal Span<byte> Memory(ulong offset, int length) => new(_memory.Address + offset, length);

    internal NetmapClient Open(uint userId = 0) => new(new DirectFile(Device, _memory.Address, userId));

    public void WakePollers(ulong kernelHandle)
    {
    }

    public void Dispose()
    {
        _memory.Dispose();
        Device.Dispose();
    }
}

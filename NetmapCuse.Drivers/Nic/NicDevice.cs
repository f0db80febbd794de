using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Pci;
using NetmapCuse.Drivers.Vfio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// What a driver gets of its NIC: registers, configuration space, interrupts, and the address space in which the NIC finds our memory.
/// By VFIO in the daemon, by a model of the chip in tests. Control plane, but for the registers.
/// </summary>
internal abstract class NicDevice : IDisposable
{
    private bool _isDisposed;

    /// <summary>PCI address.</summary>
    internal abstract string Address { get; }

    internal abstract PciConfig Config { get; }

    internal abstract IDmaSpace Dma { get; }

    /// <summary>Maps a BAR; it ends with the device.</summary>
    internal abstract RegisterSpace OpenBar(uint number);

    /// <summary>How many interrupts of a kind there are.</summary>
    internal abstract uint Vectors(InterruptKind kind);

    /// <summary>Has each of the first vectors of a kind signal an eventfd.</summary>
    internal abstract void Enable(InterruptKind kind, ReadOnlySpan<EventFd> signals);

    /// <summary>Does nothing for a kind that is not enabled.</summary>
    internal abstract void Disable(InterruptKind kind);

    /// <summary>Lets the wire interrupt come again, which is masked as it is delivered.</summary>
    internal abstract void Unmask();

    /// <summary>Resets the function by its bus. False: it cannot, and the chip's own reset has to do.</summary>
    internal abstract bool Reset();

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Dispose(disposing: true);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Bus mastering off first, then the rest.</summary>
    protected abstract void Dispose(bool disposing);
}

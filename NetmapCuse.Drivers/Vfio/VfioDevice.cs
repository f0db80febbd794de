using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Pci;
using Libc = NetmapCuse.Core.Interop.Libc;

namespace NetmapCuse.Drivers.Vfio;

/// <summary>A PCI function that is ours by VFIO: registers, configuration space, interrupts, DMA.</summary>
internal sealed unsafe class VfioDevice : NicDevice
{
    private readonly VfioContainer _container;
    private readonly Fd _device;
    private readonly bool _hasReset;
    private readonly List<RegisterSpace> _spaces = [];
    private readonly HashSet<InterruptKind> _enabled = [];

    private VfioDevice(string address, VfioContainer container, Fd device)
    {
        Address = address;
        _container = container;
        _device = device;
        Info info = new() { Size = (uint)sizeof(Info) };
        if (Libc.Ioctl(device, VfioNumbers.DeviceGetInfo, &info) != 0)
        {
            throw PosixException.Last($"asking VFIO for {address}");
        }

        _hasReset = (info.Flags & VfioNumbers.DeviceHasReset) != 0;
        Config = new VfioConfig(device, Region(VfioNumbers.ConfigRegion).Offset);
    }

    internal override string Address { get; }

    internal override PciConfig Config { get; }

    internal override IDmaSpace Dma => _container;

    /// <summary>Opens a function that is bound to vfio-pci. Its bus mastering is off.</summary>
    /// <exception cref="PosixException">The step that failed.</exception>
    internal static VfioDevice Open(PciFunction function)
    {
        string group = function.Group
            ?? throw new PosixException($"finding the IOMMU group of {function.Address} (is the IOMMU on?)", Errno.NoDev);
        VfioContainer container = VfioContainer.Open(group);
        Fd? device = null;
        try
        {
            device = container.OpenDevice(function.Address.Text);
            return new VfioDevice(function.Address.Text, container, device);
        }
        catch
        {
            device?.Dispose();
            container.Dispose();
            throw;
        }
    }

    internal override RegisterSpace OpenBar(uint number)
    {
        RegionInfo region = Region(number);
        if ((region.Flags & VfioNumbers.RegionCanMap) == 0 || region.Bytes == 0)
        {
            throw new PosixException(
                string.Create(CultureInfo.InvariantCulture, $"BAR {number} of {Address} cannot be mapped"), Errno.NoDev);
        }

        MappedMemory mapping = MappedMemory.TryMap(_device, region.Offset, region.Bytes)
            ?? throw PosixException.Last(string.Create(CultureInfo.InvariantCulture, $"mapping BAR {number} of {Address}"));
        MappedRegisters space = new(mapping);
        _spaces.Add(space);
        return space;
    }

    internal override uint Vectors(InterruptKind kind)
    {
        IrqInfo info = new() { Size = (uint)sizeof(IrqInfo), Index = (uint)kind };
        return Libc.Ioctl(_device, VfioNumbers.DeviceGetIrq, &info) == 0 ? info.Count : 0;
    }

    internal override void Enable(InterruptKind kind, ReadOnlySpan<EventFd> signals)
    {
        // All vectors in one call: the kernel allows no more of them later (VFIO_IRQ_INFO_NORESIZE).
        byte* data = stackalloc byte[sizeof(IrqSet) + (sizeof(int) * signals.Length)];
        *(IrqSet*)data = new IrqSet
        {
            Size = (uint)(sizeof(IrqSet) + (sizeof(int) * signals.Length)),
            Flags = VfioNumbers.IrqEventFd | VfioNumbers.IrqTrigger,
            Index = (uint)kind,
            Count = (uint)signals.Length,
        };
        for (int i = 0; i < signals.Length; i++)
        {
            ((int*)(data + sizeof(IrqSet)))[i] = signals[i].Number;
        }

        if (Libc.Ioctl(_device, VfioNumbers.DeviceSetIrqs, data) != 0)
        {
            throw PosixException.Last($"enabling interrupts of {Address}");
        }

        _enabled.Add(kind);
    }

    internal override void Disable(InterruptKind kind)
    {
        if (_enabled.Remove(kind))
        {
            IrqSet request = new() { Size = (uint)sizeof(IrqSet), Flags = VfioNumbers.IrqNone | VfioNumbers.IrqTrigger, Index = (uint)kind };
            _ = Libc.Ioctl(_device, VfioNumbers.DeviceSetIrqs, &request);
        }
    }

    internal override void Unmask()
    {
        IrqSet request = new()
        {
            Size = (uint)sizeof(IrqSet),
            Flags = VfioNumbers.IrqNone | VfioNumbers.IrqUnmask,
            Index = (uint)InterruptKind.Wire,
            Count = 1,
        };
        _ = Libc.Ioctl(_device, VfioNumbers.DeviceSetIrqs, &request);
    }

    internal override bool Reset() => _hasReset && Libc.Ioctl(_device, VfioNumbers.DeviceReset, null) == 0;

    /// <summary>Bus mastering goes first: whatever the chip still wants to write stays with it.</summary>
    protected override void Dispose(bool disposing)
    {
        try
        {
            Config.IsMaster = false;
        }
        catch (PosixException)
        {
            // The device is gone, and masters nothing.
        }

        foreach (InterruptKind kind in Enum.GetValues<InterruptKind>())
        {
            Disable(kind);
        }

        _spaces.ForEach(static space => space.Dispose());
        _device.Dispose();
        _container.Dispose();
    }

    private RegionInfo Region(uint number)
    {
        RegionInfo info = new() { Size = (uint)sizeof(RegionInfo), Index = number };
        return Libc.Ioctl(_device, VfioNumbers.DeviceGetRegion, &info) == 0
            ? info
            : throw PosixException.Last(string.Create(CultureInfo.InvariantCulture, $"asking for region {number} of {Address}"));
    }

    /// <summary>struct vfio_device_info.</summary>
    private struct Info
    {
        internal uint Size;
        internal uint Flags;
        internal uint Regions;
        internal uint Irqs;
        internal uint Capabilities;
        internal uint Padding;
    }

    /// <summary>struct vfio_region_info.</summary>
    private struct RegionInfo
    {
        internal uint Size;
        internal uint Flags;
        internal uint Index;
        internal uint Capabilities;
        internal ulong Bytes;
        internal ulong Offset;
    }

    /// <summary>struct vfio_irq_info.</summary>
    private struct IrqInfo
    {
        internal uint Size;
        internal uint Flags;
        internal uint Index;
        internal uint Count;
    }

    /// <summary>struct vfio_irq_set; eventfds follow it.</summary>
    private struct IrqSet
    {
        internal uint Size;
        internal uint Flags;
        internal uint Index;
        internal uint Start;
        internal uint Count;
    }
}

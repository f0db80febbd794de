using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>Where a virtio device has its configuration structures: vendor capabilities of the PCI function (VIRTIO 1.2 section 4.1.4).</summary>
internal sealed class VirtioCapabilities
{
    private const byte VendorKind = 9;
    private const byte CommonKind = 1;
    private const byte NotifyKind = 2;
    private const byte InterruptKind = 3;
    private const byte DeviceKind = 4;
    private const uint BarsMax = 6;

    private readonly NicDevice _device;
    private readonly Dictionary<uint, RegisterSpace> _bars = [];

    internal VirtioCapabilities(NicDevice device)
    {
        _device = device;
        Common = Find(CommonKind, out _);
        Notify = Find(NotifyKind, out uint place);
        NotifyStep = device.Config.Read(place + 16, sizeof(uint));
        Interrupts = Find(InterruptKind, out _);
        Device = Find(DeviceKind, out _);
    }

    internal VirtioWindow Common { get; }

    internal VirtioWindow Notify { get; }

    /// <summary>Bytes between the places of two queues.</summary>
    internal uint NotifyStep { get; }

    internal VirtioWindow Interrupts { get; }

    internal VirtioWindow Device { get; }

    private VirtioWindow Find(byte kind, out uint found)
    {
        foreach (uint place in _device.Config.Capabilities(VendorKind))
        {
            uint bar = _device.Config.Read(place + 4, sizeof(byte));
            if (_device.Config.Read(place + 3, sizeof(byte)) == kind && bar < BarsMax)
            {
                if (!_bars.TryGetValue(bar, out RegisterSpace? space))
                {
                    space = _device.OpenBar(bar);
                    _bars.Add(bar, space);
                }

                found = place;
                return new VirtioWindow(space, _device.Config.Read(place + 8, sizeof(uint)));
            }
        }

        throw new PosixException($"finding the configuration of virtio device {_device.Address} (legacy devices have none)", Errno.OpNotSupp);
    }
}

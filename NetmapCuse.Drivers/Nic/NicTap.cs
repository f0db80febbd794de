using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// The host's side of a NIC that the daemon drives: a TAP with its name and MAC. What the host sends there is for the host rings, or for
/// the NIC; what is written there the host receives.
/// </summary>
internal sealed class NicTap : IHostStack, IDisposable
{
    /// <summary>Ethernet with two VLAN tags.</summary>
    private const uint HeadersMax = 22;

    private readonly TunDevice _device;
    private readonly InterfaceControl _control = new();
    private readonly LinkWatch _link;
    private readonly string _name;
    private uint _mtu;
    private volatile bool _mayHave;
    private int _dropped;

    /// <summary>Makes the TAP, down and without carrier.</summary>
    /// <param name="name">Free.</param>
    /// <param name="mac">Its address, the first byte lowest.</param>
    /// <param name="mtu">Without the Ethernet header.</param>
    internal NicTap(string name, ulong mac, uint mtu)
    {
        _name = name;
        string made = name;
        _device = TunDevice.CreateQueues(ref made, 1)[0];
        try
        {
            _control.SetAddress(name, mac);
            _control.SetMtu(name, mtu);
            _mtu = mtu;
            SetCarrier(false);
            _link = new LinkWatch(_control.Index(name) ?? throw new PosixException($"finding {name}", Errno.NxIo));
        }
        catch
        {
            _device.Dispose();
            _control.Dispose();
            throw;
        }
    }

    /// <summary>For epoll.</summary>
    internal int Number => _device.Number;

    /// <summary>For epoll: something has happened to the interface.</summary>
    internal int LinkNumber => _link.Number;

    public uint LongestFrame => Volatile.Read(ref _mtu) + HeadersMax;

    /// <summary>Frames of the host that did not fit.</summary>
    internal int Dropped => _dropped;

    internal void SetCarrier(bool isUp) => _device.SetCarrier(isUp);

    /// <summary>Takes news of the interface; <see cref="Look"/> tells how it is now.</summary>
    internal void ReadLink() => _ = _link.TryRead(out _, out _);

    /// <summary>Flags and MTU; nothing when somebody has deleted it.</summary>
    internal (uint Flags, uint Mtu) Look()
    {
        try
        {
            uint mtu = _control.Mtu(_name);
            Volatile.Write(ref _mtu, mtu);
            return (_control.Flags(_name), mtu);
        }
        catch (PosixException)
        {
            return (0, 0);
        }
    }

    /// <summary>There are frames for the host ring.</summary>
    internal void Arrived(uint queue) => _mayHave = true;

    public void Deliver(ReadOnlySpan<IoVector> frame) => _ = _device.Write([], frame);

    public int TryTake(uint ring, ReadOnlySpan<IoVector> room)
    {
        if (ring != 0)
        {
            return 0;
        }

        _mayHave = false;
        int length;
        while ((length = _device.ReadWhole(room)) == -Errno.MsgSize)
        {
            _dropped++;
        }

        _mayHave = length > 0;
        return Math.Max(length, 0);
    }

    public bool HasFrames(uint ring) => ring == 0 && _mayHave;

    /// <summary>There is one host ring: the kernel sends by one queue of the TAP.</summary>
    public void Spread(uint rings)
    {
    }

    public void Dispose()
    {
        _link.Dispose();
        _control.Dispose();
        _device.Dispose();
    }
}

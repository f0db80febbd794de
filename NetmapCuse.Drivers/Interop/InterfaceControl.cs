using System.Runtime.InteropServices;
using System.Text;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>Asks and sets things of network interfaces by name, in the namespace that it was made in (linux/sockios.h).</summary>
internal sealed unsafe class InterfaceControl : IDisposable
{
    internal const ushort Up = 0x1;
    internal const ushort Running = 0x40;
    internal const ushort NoAddressResolution = 0x80;

    private const nuint GetNameCall = 0x8910;
    private const nuint GetFlagsCall = 0x8913;
    private const nuint SetFlagsCall = 0x8914;
    private const nuint GetMtuCall = 0x8921;
    private const nuint SetMtuCall = 0x8922;
    private const nuint SetAddressCall = 0x8924;
    private const nuint GetAddressCall = 0x8927;
    private const nuint GetIndexCall = 0x8933;
    private const nuint EthtoolCall = 0x8946;

    // linux/ethtool.h
    private const uint GetDriver = 0x3;
    private const uint GetRings = 0x10;
    private const uint GetFeatureFlags = 0x25;
    private const uint GetChannels = 0x3c;

    private const ushort EthernetKind = 1;
    private const int Inet = 2;
    private const int DatagramCloseOnExec = 2 | 0x80000;

    private readonly Fd _socket;

    internal InterfaceControl()
    {
        _socket = Libc.Socket(Inet, DatagramCloseOnExec, 0);
        if (_socket.IsInvalid)
        {
            throw PosixException.Last("a socket to ask for interfaces");
        }
    }

    /// <summary>Number of the interface; null when there is none of the name.</summary>
    internal int? Index(string name)
    {
        InterfaceRequest request = Named(name);
        return Core.Interop.Libc.Ioctl(_socket, GetIndexCall, &request) == 0 ? request.Number : null;
    }

    /// <summary>What an interface is called now; null when there is none of the number.</summary>
    internal string? Name(int index)
    {
        InterfaceRequest request = default;
        request.Number = index;
        return Core.Interop.Libc.Ioctl(_socket, GetNameCall, &request) == 0 ? NameIn(request) : null;
    }

    /// <summary>The name in an answer of the kernel.</summary>
    internal static string NameIn(in InterfaceRequest request)
    {
        ReadOnlySpan<byte> given = request.Name;
        int end = given.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? given : given[..end]);
    }

    internal uint Mtu(string name) => (uint)Ask(name, GetMtuCall, "the MTU").Number;

    internal void SetMtu(string name, uint mtu)
    {
        InterfaceRequest request = Named(name);
        request.Number = (int)mtu;
        Tell(ref request, SetMtuCall, $"setting the MTU of {name} to {mtu}");
    }

    internal ushort Flags(string name) => Ask(name, GetFlagsCall, "the flags").Flags;

    internal void SetFlags(string name, ushort flags)
    {
        InterfaceRequest request = Named(name);
        request.Flags = flags;
        Tell(ref request, SetFlagsCall, $"setting the flags of {name}");
    }

    /// <summary>The hardware address with its family; false when it is no Ethernet address.</summary>
    internal bool TryGetAddress(string name, out ulong address)
    {
        InterfaceRequest request = Ask(name, GetAddressCall, "the address");
        address = request.Address & 0xffff_ffff_ffff;
        return request.Flags == EthernetKind;
    }

    internal void SetAddress(string name, ulong address)
    {
        InterfaceRequest request = Named(name);
        request.Address = address;
        request.Flags = EthernetKind;
        Tell(ref request, SetAddressCall, $"setting the address of {name}");
    }

    /// <summary>Queues in use each way (struct ethtool_channels); null when the driver does not tell.</summary>
    internal (uint Receive, uint Transmit)? Channels(string name)
    {
        uint* data = stackalloc uint[9];
        return Ethtool(name, GetChannels, data, 9) ? (data[5] + data[8], data[6] + data[8]) : null;
    }

    /// <summary>Descriptors of a hardware ring each way (struct ethtool_ringparam); null when the driver does not tell.</summary>
    internal (uint Receive, uint Transmit)? RingSizes(string name)
    {
        uint* data = stackalloc uint[9];
        return Ethtool(name, GetRings, data, 9) ? (data[5] != 0 ? data[5] : data[1], data[8] != 0 ? data[8] : data[4]) : null;
    }

    /// <summary>What kind of hardware address it has (ARPHRD_*, linux/if_arp.h): 1 Ethernet, 772 loopback.</summary>
    internal ushort HardwareKind(string name) => Ask(name, GetAddressCall, "the address").Flags;

    /// <summary>The driver takes VLAN tags off received frames and keeps them beside (ETH_FLAG_RXVLAN).</summary>
    internal bool TakesTagsOff(string name)
    {
        const uint ReceiveTags = 1 << 8;
        uint* data = stackalloc uint[2];
        return Ethtool(name, GetFeatureFlags, data, 2) && (data[1] & ReceiveTags) != 0;
    }

    /// <summary>Name of the driver (struct ethtool_drvinfo); "unknown" when it does not tell.</summary>
    internal string Driver(string name)
    {
        const int Words = 49;
        uint* data = stackalloc uint[Words];
        return Ethtool(name, GetDriver, data, Words)
            ? Marshal.PtrToStringUTF8((nint)(data + 1)) ?? string.Empty
            : "unknown";
    }

    /// <summary>One ioctl as it is.</summary>
    /// <param name="command">Its number.</param>
    /// <param name="request">struct ifreq, edited in place; ifr_data is set here.</param>
    /// <param name="data">What ifr_data has to point to; empty for none.</param>
    /// <returns>0 or a positive errno.</returns>
    internal int Call(uint command, Span<byte> request, Span<byte> data)
    {
        fixed (byte* area = request)
        fixed (byte* attached = data)
        {
            if (!data.IsEmpty)
            {
                ((InterfaceRequest*)area)->Pointer = (nint)attached;
            }

            return Core.Interop.Libc.Ioctl(_socket, command, area) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    public void Dispose() => _socket.Dispose();

    private static InterfaceRequest Named(string name)
    {
        InterfaceRequest request = default;
        Encoding.Latin1.GetBytes(name, request.Name);
        return request;
    }

    private InterfaceRequest Ask(string name, nuint call, string what)
    {
        InterfaceRequest request = Named(name);
        Tell(ref request, call, $"asking for {what} of {name}");
        return request;
    }

    private void Tell(ref InterfaceRequest request, nuint call, string step)
    {
        fixed (InterfaceRequest* area = &request)
        {
            if (Core.Interop.Libc.Ioctl(_socket, call, area) != 0)
            {
                throw PosixException.Last(step);
            }
        }
    }

    private bool Ethtool(string name, uint command, uint* data, int words)
    {
        new Span<uint>(data, words).Clear();
        data[0] = command;
        InterfaceRequest request = Named(name);
        request.Pointer = (nint)data;
        return Core.Interop.Libc.Ioctl(_socket, EthtoolCall, &request) == 0;
    }
}

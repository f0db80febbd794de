using System.Buffers.Binary;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>
/// Addresses, routes and names of interfaces by rtnetlink, in the network namespace that this was made in (linux/rtnetlink.h,
/// linux/if_addr.h, linux/if_link.h). What is asked for comes as whole messages, which can be sent again later.
/// </summary>
internal sealed unsafe class RouteNetlink : IDisposable
{
    internal const ushort NewLink = 16;
    internal const ushort NewAddress = 20;
    internal const ushort NewRoute = 24;

    private const ushort GetLink = 18;
    private const ushort GetAddress = 22;
    private const ushort GetRoute = 26;
    private const ushort DoneMessage = 3;
    private const ushort ErrorMessage = 2;

    // NLM_F_*
    private const ushort Dump = 0x1 | 0x300;
    private const ushort Acknowledged = 0x1 | 0x4;
    private const ushort CreateOrReplace = Acknowledged | 0x400 | 0x100;

    private const int Netlink = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const int HeaderBytes = 16;
    private const int AttributeBytes = 4;
    private const int BufferBytes = 65536;

    // Attributes
    private const ushort InterfaceNameAttribute = 3; // IFLA_IFNAME
    private const ushort MasterAttribute = 10; // IFLA_MASTER
    private const ushort OutInterfaceAttribute = 4; // RTA_OIF

    /// <summary>Bytes of struct ifinfomsg, ifaddrmsg and rtmsg.</summary>
    private const int LinkBodyBytes = 16;
    private const int AddressBodyBytes = 8;
    private const int RouteBodyBytes = 12;

    private readonly Fd _socket;
    private readonly byte[] _buffer = new byte[BufferBytes];

    internal RouteNetlink()
    {
        _socket = Libc.Socket(Netlink, RawCloseOnExec, 0);
        if (_socket.IsInvalid)
        {
            throw PosixException.Last("a socket for routes");
        }
    }

    /// <summary>The addresses of an interface, as messages.</summary>
    internal List<byte[]> Addresses(int device) =>
        [.. Ask(GetAddress).Where(message => Type(message) == NewAddress && Word(message, HeaderBytes + 4) == device)];

    /// <summary>The routes by an interface, but for those that the kernel makes by itself with the addresses.</summary>
    internal List<byte[]> Routes(int device)
    {
        const byte KernelProtocol = 2;
        const int ProtocolAt = HeaderBytes + 5;
        const int FlagsAt = HeaderBytes + 8;
        const uint Cloned = 0x200;
        return
        [
            .. Ask(GetRoute).Where(message =>
                Type(message) == NewRoute && message[ProtocolAt] != KernelProtocol && (Word(message, FlagsAt) & Cloned) == 0
                && Attribute(message, RouteBodyBytes, OutInterfaceAttribute) is { } at && Word(message, at) == device),
        ];
    }

    /// <summary>A route for all that no other one is for.</summary>
    internal static bool IsDefaultRoute(byte[] route) => route[HeaderBytes + 1] == 0;

    /// <summary>The index of the bridge or bond that an interface is a part of; null for none.</summary>
    internal int? Master(int device)
    {
        byte[]? link = Ask(GetLink).Find(message => Type(message) == NewLink && Word(message, HeaderBytes + 4) == device);
        return link is not null && Attribute(link, LinkBodyBytes, MasterAttribute) is { } at ? (int)Word(link, at) : null;
    }

    /// <summary>Sends a message of <see cref="Addresses"/> again, for an interface that may have another index.</summary>
    /// <returns>0 or a positive errno.</returns>
    internal int RestoreAddress(byte[] address, int device)
    {
        byte[] message = (byte[])address.Clone();
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(HeaderBytes + 4), device);
        return Tell(message, CreateOrReplace);
    }

    /// <inheritdoc cref="RestoreAddress"/>
    internal int RestoreRoute(byte[] route, int device)
    {
        byte[] message = (byte[])route.Clone();
        if (Attribute(message, RouteBodyBytes, OutInterfaceAttribute) is { } at)
        {
            BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(at), device);
        }

        // What the kernel said of the next hop's state is not for it to be told.
        const uint NextHopState = 0x1 | 0x10;
        uint flags = Word(message, HeaderBytes + 8) & ~NextHopState;
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(HeaderBytes + 8), flags);
        return Tell(message, CreateOrReplace);
    }

    /// <summary>Gives an interface another name; it has to be down before Linux 6.2.</summary>
    internal int Rename(int device, string name)
    {
        byte[] text = System.Text.Encoding.ASCII.GetBytes(name + '\0');
        byte[] message = new byte[HeaderBytes + LinkBodyBytes + AttributeBytes + ((text.Length + 3) & ~3)];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), NewLink);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(HeaderBytes + 4), device);
        Span<byte> attribute = message.AsSpan(HeaderBytes + LinkBodyBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(AttributeBytes + text.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute[2..], InterfaceNameAttribute);
        text.CopyTo(attribute[AttributeBytes..]);
        return Tell(message, Acknowledged);
    }

    public void Dispose() => _socket.Dispose();

    private static ushort Type(byte[] message) => BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(4));

    private static uint Word(byte[] message, int at) => BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at));

    /// <summary>Where the value of an attribute of at least four bytes stands.</summary>
    private static int? Attribute(byte[] message, int bodyBytes, ushort wanted)
    {
        int at = HeaderBytes + bodyBytes;
        while (at + AttributeBytes <= message.Length)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(at));
            if (length < AttributeBytes || at + length > message.Length)
            {
                break;
            }

            if ((BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(at + 2)) & 0x3fff) == wanted && length >= AttributeBytes + 4)
            {
                return at + AttributeBytes;
            }

            at += (length + 3) & ~3;
        }

        return null;
    }

    private List<byte[]> Ask(ushort what)
    {
        byte[] request = new byte[HeaderBytes + LinkBodyBytes];
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(4), what);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(6), Dump);
        Send(request);
        List<byte[]> found = [];
        while (true)
        {
            Span<byte> rest = Receive();
            while (rest.Length >= HeaderBytes)
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                if (length < HeaderBytes || length > rest.Length)
                {
                    return found;
                }

                if (BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]) is DoneMessage or ErrorMessage)
                {
                    return found;
                }

                found.Add(rest[..length].ToArray());
                rest = rest[Math.Min((length + 3) & ~3, rest.Length)..];
            }
        }
    }

    private int Tell(byte[] message, ushort flags)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(12), 0);
        Send(message);
        ReadOnlySpan<byte> answer = Receive();
        return answer.Length >= HeaderBytes + 4 && BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) == ErrorMessage
            ? -BinaryPrimitives.ReadInt32LittleEndian(answer[HeaderBytes..])
            : Errno.Io;
    }

    private void Send(byte[] message)
    {
        fixed (byte* start = message)
        {
            if (Libc.SendTo(_socket, start, (nuint)message.Length, 0, null, 0) != message.Length)
            {
                throw PosixException.Last("asking for routes");
            }
        }
    }

    private Span<byte> Receive()
    {
        fixed (byte* start = _buffer)
        {
            nint length = Libc.Receive(_socket, start, BufferBytes, 0);
            return length > 0 ? _buffer.AsSpan(0, (int)length) : throw PosixException.Last("hearing of routes");
        }
    }
}

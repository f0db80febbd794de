using System.Runtime.InteropServices;
using System.Text;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>News of one interface by rtnetlink, in the network namespace that it was made in (linux/rtnetlink.h).</summary>
internal sealed unsafe class LinkWatch : IDisposable
{
    private const int Netlink = 16;
    private const int RawNonBlockingCloseOnExec = 3 | 0x800 | 0x80000;
    private const uint LinkGroup = 1;
    private const ushort NewLink = 16;
    private const ushort DeleteLink = 17;
    private const int HeaderBytes = 16;
    private const int InfoBytes = 16;
    private const ushort NameAttribute = 3;
    private const ushort MtuAttribute = 4;
    private const int BufferBytes = 32768;

    // linux/if.h
    private const uint Up = 0x1;
    private const uint Running = 0x40;

    private readonly Fd _socket;
    private readonly int _device;
    private readonly byte[] _buffer = new byte[BufferBytes];

    internal LinkWatch(int device)
    {
        _device = device;
        _socket = Libc.Socket(Netlink, RawNonBlockingCloseOnExec, 0);
        Address address = new() { Family = Netlink, Groups = LinkGroup };
        if (_socket.IsInvalid || Libc.Bind(_socket, &address, (uint)sizeof(Address)) != 0)
        {
            PosixException failure = PosixException.Last("listening to link events");
            _socket.Dispose();
            throw failure;
        }
    }

    /// <summary>For epoll.</summary>
    internal int Number => _socket.Number;

    /// <summary>What an event said.</summary>
    /// <param name="IsGone">It is not there any more, or in another namespace.</param>
    /// <param name="IsUp">It is up.</param>
    /// <param name="IsRunning">It has a carrier.</param>
    /// <param name="Mtu">0 where the event does not tell.</param>
    /// <param name="Name">Null where the event does not tell.</param>
    internal readonly record struct Event(bool IsGone, bool IsUp, bool IsRunning, uint Mtu, string? Name);

    /// <summary>Reads what has come and tells the last of it that is about the interface.</summary>
    /// <param name="last">The news.</param>
    /// <param name="missed">Events were lost: somebody has to look.</param>
    internal bool TryRead(out Event last, out bool missed)
    {
        last = default;
        missed = false;
        bool any = false;
        while (true)
        {
            nint length;
            fixed (byte* start = _buffer)
            {
                length = Libc.Receive(_socket, start, BufferBytes, 0);
            }

            if (length <= 0)
            {
                int error = length == 0 ? Errno.Again : Marshal.GetLastPInvokeError();
                missed |= error is not (Errno.Again or Errno.Intr);
                return any;
            }

            any |= Parse(_buffer.AsSpan(0, (int)length), ref last);
            if (any && last.IsGone)
            {
                return true;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private bool Parse(ReadOnlySpan<byte> messages, ref Event last)
    {
        bool any = false;
        while (messages.Length >= HeaderBytes + InfoBytes)
        {
            int length = MemoryMarshal.Read<int>(messages);
            ushort type = MemoryMarshal.Read<ushort>(messages[4..]);
            if (length < HeaderBytes || length > messages.Length)
            {
                break;
            }

            if (type is NewLink or DeleteLink && length >= HeaderBytes + InfoBytes
                && MemoryMarshal.Read<int>(messages[(HeaderBytes + 4)..]) == _device)
            {
                uint flags = MemoryMarshal.Read<uint>(messages[(HeaderBytes + 8)..]);
                ReadOnlySpan<byte> attributes = messages[(HeaderBytes + InfoBytes)..length];
                uint mtu = Find(attributes, MtuAttribute) is { Length: >= sizeof(uint) } told ? MemoryMarshal.Read<uint>(told) : 0;
                ReadOnlySpan<byte> name = Find(attributes, NameAttribute).TrimEnd((byte)0);

                // A bridge tells of its members in the same words, with a family; the interface is still there then.
                bool isBridge = messages[HeaderBytes] != 0;
                any |= !isBridge;
                last = isBridge ? last : new Event(type == DeleteLink, (flags & Up) != 0, (flags & Running) != 0, mtu,
                    name.IsEmpty ? null : Encoding.Latin1.GetString(name));
                if (last.IsGone)
                {
                    return true;
                }
            }

            messages = messages[Math.Min((length + 3) & ~3, messages.Length)..];
        }

        return any;
    }

    /// <summary>The payload of an attribute; empty where it is not there.</summary>
    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, ushort wanted)
    {
        const int Header = 4;
        while (attributes.Length >= Header)
        {
            ushort length = MemoryMarshal.Read<ushort>(attributes);
            if (length < Header || length > attributes.Length)
            {
                break;
            }

            if (MemoryMarshal.Read<ushort>(attributes[2..]) == wanted)
            {
                return attributes[Header..length];
            }

            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }

        return [];
    }

    /// <summary>struct sockaddr_nl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Address
    {
        internal ushort Family;
        internal ushort Padding;
        internal uint Port;
        internal uint Groups;
    }
}

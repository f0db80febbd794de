using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using Libc = NetmapCuse.Drivers.Interop.Libc;

namespace NetmapCuse.Drivers.Packet;

/// <summary>
/// An AF_PACKET socket on an interface, for one direction: whole frames, without waiting. Sending bypasses the queueing discipline
/// and with it what the host stack has there.
/// </summary>
internal sealed unsafe class PacketSocket : IDisposable
{
    private const int Family = 17;
    private const int RawNonBlockingCloseOnExec = 3 | 0x800 | 0x80000;
    private const ushort AllProtocols = 0x0003;

    // sys/socket.h
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;
    private const int SendBufferForce = 32;
    private const int ReceiveBufferForce = 33;
    private const int AttachProgram = 50;
    private const int DoNotWait = 0x40;
    private const ulong Truncated = 0x20;

    // linux/if_packet.h
    private const int Level = 263;
    private const int Statistics = 6;
    private const int AuxiliaryData = 8;
    private const int OffloadHeaders = 15;
    private const int BypassQueueing = 20;
    private const int IgnoreOutgoing = 23;
    private const uint TagValid = 1 << 4;
    private const uint TagProtocolValid = 1 << 6;

    private const ushort VlanProtocol = 0x8100;
    private const int BufferBytes = 4 << 20;
    private const int ControlBytes = 64;
    private const int ControlHeaderBytes = 16;

    private readonly Fd _fd;

    private PacketSocket(Fd fd) => _fd = fd;

    internal Fd Descriptor => _fd;

    /// <summary>A socket that gets what one queue receives, in the calling thread's network namespace.</summary>
    /// <param name="device">Number of the interface.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="queues">How many there are.</param>
    /// <exception cref="PosixException">EPERM without CAP_NET_RAW.</exception>
    internal static PacketSocket OpenReceive(int device, uint queue, uint queues)
    {
        PacketSocket socket = Make();
        try
        {
            socket.Set(AuxiliaryData, 1, "asking for VLAN tags");
            socket.Set(OffloadHeaders, 1, "asking for what is left to do about frames");
            socket.Set(IgnoreOutgoing, 1, "leaving out what is sent (Linux 4.20 is needed)");
            socket.Select(queue, queues);
            socket.Enlarge(ReceiveBufferForce);
            socket.Bind(device, BinaryPrimitives.ReverseEndianness(AllProtocols));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket to send by, in the calling thread's network namespace.</summary>
    /// <exception cref="PosixException">EPERM without CAP_NET_RAW.</exception>
    internal static PacketSocket OpenTransmit(int device)
    {
        PacketSocket socket = Make();
        try
        {
            socket.Set(BypassQueueing, 1, "bypassing the queueing discipline");
            socket.Enlarge(SendBufferForce);
            socket.Bind(device, 0);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes one frame.</summary>
    /// <param name="first">Where it starts.</param>
    /// <param name="rest">Where it goes on.</param>
    /// <param name="info">What is to be known of it.</param>
    /// <returns>Its length, or a negative errno (EAGAIN: none; EMSGSIZE, EIO: one that is lost).</returns>
    internal int Receive(Span<byte> first, Span<byte> rest, out PacketInfo info)
    {
        OffloadHeader offload = default;
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* start = first)
        fixed (byte* more = rest)
        {
            IoVector* parts = stackalloc IoVector[3];
            parts[0] = new IoVector { Base = (ulong)&offload, Length = OffloadHeader.Bytes };
            parts[1] = new IoVector { Base = (ulong)start, Length = (ulong)first.Length };
            parts[2] = new IoVector { Base = (ulong)more, Length = (ulong)rest.Length };
            MessageHeader message = new()
            {
                Parts = parts,
                PartCount = 3,
                Control = control,
                ControlLength = ControlBytes,
            };
            nint length = Libc.ReceiveMessage(_fd, &message, DoNotWait);
            info = default;
            if (length < OffloadHeader.Bytes)
            {
                return length < 0 ? -Marshal.GetLastPInvokeError() : -Errno.Io;
            }

            if ((message.Flags & Truncated) != 0)
            {
                return -Errno.MsgSize;
            }

            info = Info(offload, new ReadOnlySpan<byte>(control, (int)Math.Min(message.ControlLength, ControlBytes)));
            return (int)length - OffloadHeader.Bytes;
        }
    }

    /// <summary>Sends one frame.</summary>
    /// <returns>0 or a positive errno; EAGAIN: not now.</returns>
    internal int Send(ReadOnlySpan<IoVector> frame)
    {
        fixed (IoVector* parts = frame)
        {
            MessageHeader message = new() { Parts = parts, PartCount = (ulong)frame.Length };
            return Libc.SendMessage(_fd, &message, DoNotWait) >= 0 ? Errno.Ok : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Frames for which there was no room, since the last time (struct tpacket_stats).</summary>
    internal uint Lost()
    {
        uint* counts = stackalloc uint[2];
        uint length = 2 * sizeof(uint);
        return Libc.GetOption(_fd, Level, Statistics, counts, &length) == 0 ? counts[1] : 0;
    }

    public void Dispose() => _fd.Dispose();

    private static PacketSocket Make()
    {
        // Without a protocol: nothing arrives before it is bound to its interface.
        Fd fd = Libc.Socket(Family, RawNonBlockingCloseOnExec, 0);
        return fd.IsInvalid ? throw PosixException.Last("an AF_PACKET socket") : new PacketSocket(fd);
    }

    /// <summary>struct tpacket_auxdata behind its control header.</summary>
    private static PacketInfo Info(OffloadHeader offload, ReadOnlySpan<byte> control)
    {
        const int DataBytes = 20;
        if (control.Length < ControlHeaderBytes + DataBytes
            || BinaryPrimitives.ReadInt32LittleEndian(control[8..]) != Level
            || BinaryPrimitives.ReadInt32LittleEndian(control[12..]) != AuxiliaryData)
        {
            return new PacketInfo(offload, false, 0, 0);
        }

        ReadOnlySpan<byte> data = control[ControlHeaderBytes..];
        uint status = BinaryPrimitives.ReadUInt32LittleEndian(data);
        ushort protocol = (status & TagProtocolValid) != 0 ? BinaryPrimitives.ReadUInt16LittleEndian(data[18..]) : VlanProtocol;
        return new PacketInfo(
            offload, (status & TagValid) != 0, protocol, BinaryPrimitives.ReadUInt16LittleEndian(data[16..]));
    }

    /// <summary>
    /// Only what the queue received, and nothing that we gave to the host stack. Where BPF programs may not be loaded there are no
    /// host rings, and an old filter is enough.
    /// </summary>
    private void Select(uint queue, uint queues)
    {
        try
        {
            using Fd program = PacketPrograms.Select(queue, queues);
            int number = program.Number;
            if (Libc.SetOption(_fd, SocketLevel, AttachProgram, &number, sizeof(int)) != 0)
            {
                throw PosixException.Last("attaching the program that selects frames");
            }
        }
        catch (PosixException refused) when (refused.Errno is Errno.Perm or Errno.NoSys or Errno.Inval)
        {
            ReadOnlySpan<ulong> code = PacketPrograms.SelectOld(queue, queues);
            fixed (ulong* start = code)
            {
                FilterProgram filter = new() { Length = (ushort)code.Length, Code = start };
                if (Libc.SetOption(_fd, SocketLevel, AttachFilter, &filter, (uint)sizeof(FilterProgram)) != 0)
                {
                    throw PosixException.Last("attaching the filter that selects frames");
                }
            }
        }
    }

    /// <summary>As much as may be had: without CAP_NET_ADMIN the default stays.</summary>
    private void Enlarge(int option)
    {
        int bytes = BufferBytes;
        _ = Libc.SetOption(_fd, SocketLevel, option, &bytes, sizeof(int));
    }

    private void Set(int option, int value, string step)
    {
        if (Libc.SetOption(_fd, Level, option, &value, sizeof(int)) != 0)
        {
            throw PosixException.Last(step);
        }
    }

    private void Bind(int device, ushort protocol)
    {
        Address address = new() { Family = Family, Protocol = protocol, Device = device };
        if (Libc.Bind(_fd, &address, (uint)sizeof(Address)) != 0)
        {
            throw PosixException.Last("binding an AF_PACKET socket");
        }
    }

    /// <summary>struct sockaddr_ll.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Address
    {
        internal ushort Family;
        internal ushort Protocol;
        internal int Device;
        internal ushort Kind;
        internal byte PacketType;
        internal byte Length;
        internal ulong Hardware;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        internal ushort Length;
        internal ulong* Code;
    }
}

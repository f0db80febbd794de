using System.Runtime.InteropServices;
using System.Text;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>
/// A descriptor of /dev/net/tun with an interface of its own: what the host sends there is read here, whole frames without any
/// header. The interface goes with the descriptor.
/// </summary>
internal sealed unsafe class TunDevice : IDisposable
{
    internal const string Path = "/dev/net/tun";

    /// <summary>Parts of a frame.</summary>
    internal const int PartsMax = 64;

    // linux/if_tun.h
    private const nuint SetInterface = 0x400454ca;
    private const nuint GetInterface = 0x800454d2;

    private const nuint SetCarrierCall = 0x400454e2;
    private const ushort Tap = 0x0002;
    private const ushort NoPacketInfo = 0x1000;
    private const ushort MultipleQueues = 0x0100;
    private const ushort Exclusive = 0x8000;

    // linux/sockios.h, linux/if.h
    private const nuint GetFlags = 0x8913;
    private const nuint SetFlags = 0x8914;
    private const ushort Up = 0x1;

    private const int ReadWriteNonBlockingCloseOnExec = 0x2 | 0x800 | 0x80000;
    private const int Inet = 2;
    private const int DatagramCloseOnExec = 2 | 0x80000;

    private readonly Fd _fd;

    private TunDevice(Fd fd) => _fd = fd;

    /// <summary>For epoll. The caller keeps this object alive meanwhile.</summary>
    internal int Number => _fd.Number;

    internal Fd Descriptor => _fd;

    /// <summary>Makes a TAP of this name, which must be new, and brings it up.</summary>
    /// <exception cref="PosixException">It cannot be made; the step says what failed.</exception>
    internal static TunDevice Create(string name)
    {
        TunDevice made = Open(ref name, Exclusive);
        try
        {
            BringUp(name);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Makes a TAP, down, with a queue for each of the devices that come back; it goes with the last of them.</summary>
    /// <param name="template">A name with %d for a number of the kernel's choice; comes back as the name.</param>
    /// <param name="queues">How many; the kernel spreads flows over them.</param>
    internal static TunDevice[] CreateQueues(ref string template, uint queues)
    {
        TunDevice[] made = new TunDevice[queues];
        try
        {
            for (int i = 0; i < made.Length; i++)
            {
                made[i] = Open(ref template, queues > 1 ? MultipleQueues : (ushort)0);
            }

            return made;
        }
        catch
        {
            Array.ForEach(made, device => device?.Dispose());
            throw;
        }
    }

    /// <summary>Whether the interface has a carrier (TUNSETCARRIER, Linux 5.0; before, it always has).</summary>
    internal void SetCarrier(bool isUp)
    {
        int value = isUp ? 1 : 0;
        _ = Core.Interop.Libc.Ioctl(_fd, SetCarrierCall, &value);
    }

    /// <summary>In the calling thread's network namespace.</summary>
    private static TunDevice Open(ref string name, ushort flags)
    {
        Fd fd = Core.Interop.Libc.Open(Path, ReadWriteNonBlockingCloseOnExec, 0);
        try
        {
            if (fd.IsInvalid)
            {
                throw PosixException.Last("open " + Path);
            }

            InterfaceRequest request = Request(name, (ushort)(Tap | NoPacketInfo | flags));
            if (Core.Interop.Libc.Ioctl(fd, SetInterface, &request) != 0)
            {
                throw PosixException.Last($"making TAP {name} with /dev/net/tun");
            }

            name = InterfaceControl.NameIn(request);
            return new TunDevice(fd);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>What the interface is called now; null when it is gone.</summary>
    internal string? NameNow
    {
        get
        {
            InterfaceRequest request = default;
            return Core.Interop.Libc.Ioctl(_fd, GetInterface, &request) == 0 ? InterfaceControl.NameIn(request) : null;
        }
    }

    /// <summary>Reads one frame, without waiting.</summary>
    /// <returns>Its length, or a negative errno (EAGAIN: none).</returns>
    internal int Read(Span<byte> room)
    {
        fixed (byte* start = room)
        {
            nint length = Core.Interop.Libc.Read(_fd, start, (nuint)room.Length);
            return length >= 0 ? (int)length : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Reads one frame, without waiting, and notices when it does not fit: then it is lost.</summary>
    /// <param name="room">Where it goes: at most <see cref="PartsMax"/> parts, filled in order.</param>
    /// <returns>Its length, or a negative errno (EAGAIN: none; EMSGSIZE: longer than the room).</returns>
    internal int ReadWhole(ReadOnlySpan<IoVector> room)
    {
        byte beyond;
        IoVector* parts = stackalloc IoVector[PartsMax + 1];
        room.CopyTo(new Span<IoVector>(parts, PartsMax));
        parts[room.Length] = new IoVector { Base = (ulong)&beyond, Length = 1 };
        long bytes = 0;
        foreach (ref readonly IoVector part in room)
        {
            bytes += (long)part.Length;
        }

        nint length = Libc.ReadVector(_fd, parts, room.Length + 1);
        return length < 0 ? -Marshal.GetLastPInvokeError() : length > bytes ? -Errno.MsgSize : (int)length;
    }

    /// <summary>Writes one frame with something in front of it.</summary>
    /// <param name="front">May be empty.</param>
    /// <param name="frame">At most <see cref="PartsMax"/> parts.</param>
    /// <returns>False when the host does not take it.</returns>
    internal bool Write(ReadOnlySpan<byte> front, ReadOnlySpan<IoVector> frame)
    {
        fixed (byte* start = front)
        {
            IoVector* parts = stackalloc IoVector[PartsMax + 1];
            parts[0] = new IoVector { Base = (ulong)start, Length = (ulong)front.Length };
            frame.CopyTo(new Span<IoVector>(parts + 1, PartsMax));
            return Libc.WriteVector(_fd, parts, frame.Length + 1) >= 0;
        }
    }

    public void Dispose() => _fd.Dispose();

    private static void BringUp(string name)
    {
        using Fd socket = Libc.Socket(Inet, DatagramCloseOnExec, 0);
        InterfaceRequest request = Request(name, 0);
        if (socket.IsInvalid || Core.Interop.Libc.Ioctl(socket, GetFlags, &request) != 0)
        {
            throw PosixException.Last($"reading the flags of {name}");
        }

        request.Flags |= Up;
        if (Core.Interop.Libc.Ioctl(socket, SetFlags, &request) != 0)
        {
            throw PosixException.Last($"bringing {name} up");
        }
    }

    private static InterfaceRequest Request(string name, ushort flags)
    {
        InterfaceRequest request = new() { Flags = flags };
        Encoding.Latin1.GetBytes(name, request.Name);
        return request;
    }
}

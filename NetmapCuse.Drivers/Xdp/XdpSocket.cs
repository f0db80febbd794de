using System.Numerics;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using Libc = NetmapCuse.Drivers.Interop.Libc;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// An AF_XDP socket on one queue of an interface, with a whole region as its memory, so that frames are received into and sent
/// from netmap buffers where they lie. Chunks are as long as a buffer and the 256 bytes that the kernel keeps in front, and start
/// so much before a buffer: data begins where the buffer begins and can be as long as the buffer, while nothing is ever written
/// in front (reference/linux-interfaces.md section 1). Copy mode: the driver of the device need not know of it.
/// </summary>
internal sealed unsafe class XdpSocket : IDisposable
{
    /// <summary>XDP_PACKET_HEADROOM.</summary>
    internal const uint Headroom = 256;

    private const int Family = 44;
    private const int Level = 283;
    private const int RawCloseOnExec = 3 | 0x80000;

    // linux/if_xdp.h: socket options
    private const int MapOffsets = 1;
    private const int ReceiveRing = 2;
    private const int TransmitRing = 3;
    private const int RegisterMemory = 4;
    private const int FillRing = 5;
    private const int CompletionRing = 6;
    private const int Statistics = 7;
    private const int SendBudget = 9;

    // linux/if_xdp.h: bind flags, UMEM flags, places to map
    private const ushort CopyMode = 2;
    private const ushort SeveralBuffers = 16;
    private const uint UnalignedChunks = 1;
    private const long TransmitPlace = 0x80000000;
    private const long FillPlace = 0x100000000;
    private const long CompletionPlace = 0x180000000;

    private const uint ChunkMin = 2048;
    private const uint ChunkMax = 4096;
    private const uint RingMin = 64;
    private const int DoNotWait = 0x40;
    private const int RebindTries = 100;
    private const uint RebindPause = 5000;

    private readonly Fd _fd;

    private XdpSocket(Fd fd) => _fd = fd;

    internal Fd Descriptor => _fd;

    /// <summary>Addresses of chunks to receive into; filled here.</summary>
    internal XdpRing Fill { get; private set; } = null!;

    /// <summary>Addresses that have been sent; filled by the kernel.</summary>
    internal XdpRing Completion { get; private set; } = null!;

    /// <summary>Received frames; filled by the kernel.</summary>
    internal XdpRing Receive { get; private set; } = null!;

    /// <summary>Frames to send; filled here.</summary>
    internal XdpRing Transmit { get; private set; } = null!;

    /// <summary>The kernel joins several buffers to one frame, and receives one into several.</summary>
    internal bool Joins { get; private set; }

    /// <summary>Whether chunks can be laid out for buffers of this size.</summary>
    internal static bool Fits(uint bufferSize) => bufferSize + Headroom is >= ChunkMin and <= ChunkMax;

    /// <summary>Makes and binds a socket, in the calling thread's network namespace.</summary>
    /// <param name="region">The memory.</param>
    /// <param name="device">Number of the interface.</param>
    /// <param name="queue">Its queue.</param>
    /// <param name="slots">The most entries that any ring has to hold.</param>
    /// <exception cref="PosixException">The step that failed.</exception>
    internal static XdpSocket Open(Region region, int device, uint queue, uint slots)
    {
        Fd fd = Libc.Socket(Family, RawCloseOnExec, 0);
        if (fd.IsInvalid)
        {
            throw PosixException.Last("an AF_XDP socket");
        }

        XdpSocket socket = new(fd);
        try
        {
            socket.SetUp(region, BitOperations.RoundUpToPowerOf2(Math.Max(slots, RingMin)));
            socket.Bind(device, queue);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Lets the kernel send what is in the TX ring, a bounded number of frames.</summary>
    /// <returns>0 or a positive errno; EAGAIN when there is more.</returns>
    internal int Push() =>
        Libc.SendTo(_fd, null, 0, DoNotWait, null, 0) >= 0 ? Errno.Ok : Marshal.GetLastPInvokeError();

    /// <summary>
    /// Frames that arrived and found no buffer or no place in the ring, and others that were dropped: longer than a buffer
    /// (struct xdp_statistics: rx_dropped counts both, rx_fill_ring_empty_descs the former again).
    /// </summary>
    internal (ulong NoRoom, ulong TooLong) Lost()
    {
        const int Words = 6;
        const int Dropped = 0;
        const int RingFull = 3;
        const int FillEmpty = 4;
        ulong* counts = stackalloc ulong[Words];
        uint length = Words * sizeof(ulong);
        if (Libc.GetOption(_fd, Level, Statistics, counts, &length) != 0)
        {
            return default;
        }

        ulong noBuffer = Math.Min(counts[Dropped], counts[FillEmpty]);
        return (counts[RingFull] + noBuffer, counts[Dropped] - noBuffer);
    }

    /// <summary>Afterwards the kernel neither reads nor writes the region on behalf of this socket.</summary>
    public void Dispose()
    {
        // Mapped rings keep a socket alive and its queue taken.
        Fill?.Dispose();
        Completion?.Dispose();
        Receive?.Dispose();
        Transmit?.Dispose();
        _fd.Dispose();
    }

    private void SetUp(Region region, uint entries)
    {
        if (region.FaultsAskUs && !region.Prepare(region.Address, region.Layout.MemorySize))
        {
            throw new PosixException("preparing the packet memory", Errno.NoMem);
        }

        Registration memory = new()
        {
            Address = (ulong)region.Address,
            Length = region.Layout.MemorySize,
            ChunkSize = region.Layout.Buffer.ObjectSize + Headroom,
            Flags = UnalignedChunks,
        };
        Set(RegisterMemory, &memory, (uint)sizeof(Registration), "registering packet memory with AF_XDP");
        Set(FillRing, &entries, sizeof(uint), "an AF_XDP fill ring");
        Set(CompletionRing, &entries, sizeof(uint), "an AF_XDP completion ring");
        Set(ReceiveRing, &entries, sizeof(uint), "an AF_XDP receive ring");
        Set(TransmitRing, &entries, sizeof(uint), "an AF_XDP transmit ring");

        const int OffsetWords = 16;
        ulong* area = stackalloc ulong[OffsetWords];
        uint length = OffsetWords * sizeof(ulong);
        if (Libc.GetOption(_fd, Level, MapOffsets, area, &length) != 0 || length != OffsetWords * sizeof(ulong))
        {
            throw PosixException.Last("asking where AF_XDP rings lie (Linux 5.4 is needed)");
        }

        ReadOnlySpan<ulong> offsets = new(area, OffsetWords);
        Receive = new XdpRing(_fd, 0, offsets[..4], entries, (uint)sizeof(XdpDescriptor));
        Transmit = new XdpRing(_fd, TransmitPlace, offsets[4..8], entries, (uint)sizeof(XdpDescriptor));
        Fill = new XdpRing(_fd, FillPlace, offsets[8..12], entries, sizeof(ulong));
        Completion = new XdpRing(_fd, CompletionPlace, offsets[12..], entries, sizeof(ulong));

        // Newer kernels only; others send 32 frames a call.
        uint budget = Math.Min(entries, 256);
        _ = Libc.SetOption(_fd, Level, SendBudget, &budget, sizeof(uint));
    }

    /// <remarks>Kernels before 6.6 know nothing of frames of several buffers.</remarks>
    private void Bind(int device, uint queue)
    {
        Joins = true;
        SocketAddress address = new()
        {
            Family = Family,
            Flags = CopyMode | SeveralBuffers,
            Device = (uint)device,
            Queue = queue,
        };
        for (int i = 0; Libc.Bind(_fd, &address, (uint)sizeof(SocketAddress)) != 0; i++)
        {
            if (Marshal.GetLastPInvokeError() == Errno.Inval && Joins)
            {
                Joins = false;
                address.Flags = CopyMode;
                continue;
            }

            // The queue's last user may have gone a moment ago: the kernel lets go of it some milliseconds later.
            if (Marshal.GetLastPInvokeError() != Errno.Busy || i == RebindTries)
            {
                throw PosixException.Last($"binding an AF_XDP socket to queue {queue}");
            }

            _ = Libc.SleepMicroseconds(RebindPause);
        }
    }

    private void Set(int option, void* value, uint length, string step)
    {
        if (Libc.SetOption(_fd, Level, option, value, length) != 0)
        {
            throw PosixException.Last(step);
        }
    }

    /// <summary>struct xdp_umem_reg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Registration
    {
        internal ulong Address;
        internal ulong Length;
        internal uint ChunkSize;
        internal uint Headroom;
        internal uint Flags;
        internal uint MetadataLength;
    }

    /// <summary>struct sockaddr_xdp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SocketAddress
    {
        internal ushort Family;
        internal ushort Flags;
        internal uint Device;
        internal uint Queue;
        internal uint SharedMemory;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// What a guest sends on one ring: its chains become fragments where they lie. Used by the port's own thread only.
/// </summary>
internal sealed unsafe class GuestTransmit : IDisposable
{
    /// <summary>Packets taken at a time: the guest gets the first back while it makes the next.</summary>
    internal const int PacketsMax = 256;

    /// <summary>A fragment fits in a buffer of the usual size, so that it is one slot of whoever gets it.</summary>
    private const uint FragmentBytes = 2048;

    /// <summary>Bytes at the front of a packet that lie together for who looks at headers, the virtio-net header not counted.</summary>
    private const uint HeadersBytes = SegmentHeaders.BytesMax;

    private const int StartBytes = (int)HeadersBytes + 64;

    private readonly GuestPiece* _pieces;
    private readonly byte* _starts;
    private uint _taken;
    internal RingCounters Counters;

    internal GuestTransmit()
    {
        _pieces = (GuestPiece*)NativeMemory.AllocZeroed(NetmapApi.FragmentsMax, (nuint)sizeof(GuestPiece));
        _starts = (byte*)NativeMemory.AllocZeroed(PacketsMax, StartBytes);
    }

    /// <summary>The ring while it runs; null while it does not.</summary>
    internal Virtqueue? Queue { get; set; }

    internal GuestCall Call { get; } = new();

    /// <summary>Takes packets.</summary>
    /// <param name="queue">The ring.</param>
    /// <param name="to">Where fragments go.</param>
    /// <param name="room">How many there can be.</param>
    /// <param name="header">Bytes of the virtio-net header.</param>
    /// <returns>Fragments; each packet's first one says how many it has.</returns>
    internal int Fetch(Virtqueue queue, Fragment* to, int room, uint header)
    {
        int filled = 0;
        uint there = 0;
        for (int packet = 0; packet < PacketsMax && filled + NetmapApi.FragmentsMax <= room; packet++)
        {
            there = there != 0 ? there - 1 : 0;
            if (there == 0 && (there = queue.Available()) == 0)
            {
                break;
            }

            int pieces = queue.Take(_pieces, NetmapApi.FragmentsMax, isWritten: false);
            if (pieces == Virtqueue.Broken)
            {
                break;
            }

            _taken++;
            int count = pieces != Virtqueue.Unusable ? Cut(pieces, to + filled, header, _starts + (packet * StartBytes)) : 0;
            if (count == 0)
            {
                Counters.BadSlot++;
                continue;
            }

            to[filled].Count = (byte)count;
            filled += count;
        }

        return filled;
    }

    /// <summary>The guest gets back what was taken. True when that is anything.</summary>
    internal bool Finish(Virtqueue queue)
    {
        bool any = _taken != 0;
        for (; _taken != 0; _taken--)
        {
            queue.Complete(0);
        }

        if (queue.Publish())
        {
            Call.Signal();
        }

        return any;
    }

    public void Dispose()
    {
        Call.Dispose();
        NativeMemory.Free(_pieces);
        NativeMemory.Free(_starts);
    }

    /// <summary>Makes fragments of pieces; 0 when there are too many, or not even an Ethernet header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Cut(int pieces, Fragment* to, uint header, byte* start)
    {
        const uint EthernetBytes = 14;
        uint length = _pieces->Length;
        if (pieces == 1 && length - (header + EthernetBytes) <= FragmentBytes - (header + EthernetBytes))
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(_pieces->Data);
            }

            to->Data = _pieces->Data;
            to->Length = (ushort)length;
            return 1;
        }

        return CutMany(pieces, to, header, start);
    }

    /// <summary>
    /// All headers have to lie in the first fragment, or all but the virtio-net header in the second. Where a guest has them
    /// otherwise, the packet's start is copied.
    /// </summary>
    private int CutMany(int pieces, Fragment* to, uint header, byte* start)
    {
        const uint EthernetBytes = 14;
        ulong total = 0;
        for (int i = 0; i < pieces; i++)
        {
            total += _pieces[i].Length;
        }

        if (total < header + EthernetBytes)
        {
            return 0;
        }

        int count = 0;
        uint together = (uint)Math.Min(total, header + HeadersBytes);
        bool isAlone = pieces > 1 && _pieces[0].Length == header && _pieces[1].Length >= together - header;
        uint skip = 0;
        if (_pieces[0].Length < together && !isAlone)
        {
            CopyStart(start, together);
            to[count++] = new Fragment { Data = start, Length = (ushort)together };
            skip = together;
        }

        for (int i = 0; i < pieces; i++)
        {
            GuestPiece piece = _pieces[i];
            uint left = Math.Min(skip, piece.Length);
            skip -= left;
            for (; left < piece.Length; left += FragmentBytes)
            {
                if (count == NetmapApi.FragmentsMax)
                {
                    return 0;
                }

                uint part = Math.Min(FragmentBytes, piece.Length - left);
                to[count++] = new Fragment { Data = piece.Data + left, Length = (ushort)part };
            }
        }

        return count;
    }

    private void CopyStart(byte* start, uint length)
    {
        for (GuestPiece* piece = _pieces; length != 0; piece++)
        {
            uint part = Math.Min(length, piece->Length);
            Unsafe.CopyBlockUnaligned(start, piece->Data, part);
            start += part;
            length -= part;
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// What a guest receives on one ring: packets are copied into its buffers by the threads of those who send, one at a time. The
/// gate, a spin lock, is held for the copy: a guest's ring has one index that says how far it is filled.
/// </summary>
internal sealed unsafe partial class GuestReceive : IDisposable
{
    private const int PiecesMax = 64;
    private const int ChainsMax = 64;

    /// <summary>num_buffers in the header of 12 bytes.</summary>
    private const int BufferCountAt = 10;

    private readonly GuestPiece* _pieces;
    private readonly int* _chainEnds;
    private volatile Virtqueue? _queue;
    private VirtioFeatures _features;
    private uint _header;
    private int _gate;
    internal RingCounters Counters;

    internal GuestReceive()
    {
        _pieces = (GuestPiece*)NativeMemory.AllocZeroed(PiecesMax, (nuint)sizeof(GuestPiece));
        _chainEnds = (int*)NativeMemory.AllocZeroed(ChainsMax, sizeof(int));
        _scratch = (byte*)NativeMemory.AllocZeroed(ScratchBytes);
    }

    internal GuestCall Call { get; } = new();

    /// <summary>The ring while it runs; null while it does not. Changed with the gate closed.</summary>
    internal Virtqueue? Queue => _queue;

    /// <summary>Frames come in from here on.</summary>
    internal void Open(Virtqueue queue, VirtioFeatures features, uint header)
    {
        EnterGate();
        _features = features;
        _header = header;
        queue.Disarm();
        _queue = queue;
        ExitGate();
    }

    /// <summary>No frame comes in any more, and nobody is in the guest's memory. Returns the ring.</summary>
    internal Virtqueue? Close()
    {
        EnterGate();
        Virtqueue? queue = _queue;
        _queue = null;
        ExitGate();
        return queue;
    }

    internal void ReplaceCall(Interop.ClientEventFd? target)
    {
        EnterGate();
        Call.Replace(target);
        ExitGate();
    }

    /// <summary>Frames that found no ring, or no room in it. Several senders may.</summary>
    internal void CountNoRoom(uint frames) => Interlocked.Add(ref Counters.NoRoom, frames);

    /// <summary>Copies two lists of packets into the guest's buffers; what finds none is dropped.</summary>
    /// <returns>Packets that ask for something nobody knows.</returns>
    internal uint Deliver(Fragment* fragments, in PacketList a, in PacketList b, uint sourceHeader)
    {
        uint left = a.Packets + b.Packets;
        EnterGate();
        if (_queue is not { IsBroken: false } queue)
        {
            ExitGate();
            CountNoRoom(left);
            return 0;
        }

        uint bad = 0;
        _there = 0;
        PacketMerge merge = new(fragments, a, b);
        for (; left != 0 && merge.TryNext(out int packet); left--)
        {
            switch (DeliverOne(queue, fragments + packet, sourceHeader))
            {
                case Outcome.Bad:
                    bad++;
                    break;
                case Outcome.NoRoom:
                    CountNoRoom(1);
                    break;
                case Outcome.Full:
                    CountNoRoom(left);
                    left = 1;
                    break;
            }
        }

        if (queue.Publish())
        {
            Call.Signal();
        }

        ExitGate();
        return bad;
    }

    public void Dispose()
    {
        Call.Dispose();
        NativeMemory.Free(_pieces);
        NativeMemory.Free(_chainEnds);
        NativeMemory.Free(_scratch);
    }

    private enum Outcome
    {
        Done,

        /// <summary>Nobody can make sense of the packet's virtio-net header.</summary>
        Bad,

        /// <summary>The guest's buffers are too small for this one.</summary>
        NoRoom,

        /// <summary>The guest has no buffers.</summary>
        Full,
    }

    /// <summary>Chains that are known to be available.</summary>
    private uint _there;

    private Outcome DeliverOne(Virtqueue queue, Fragment* packet, uint sourceHeader)
    {
        VnetHeader header = default;
        if (sourceHeader != 0)
        {
            // Once: what is checked is what is copied.
            header = Unsafe.ReadUnaligned<VnetHeader>(packet->Data);
            if ((*(ushort*)&header) != 0 && MustConvert(ref header, out Outcome outcome))
            {
                return outcome == Outcome.Done ? DeliverConverted(queue, packet, sourceHeader, header) : outcome;
            }
        }

        uint length = LengthOf(packet) - sourceHeader;
        Outcome claimed = Claim(queue, _header + length, out int chains);
        if (claimed != Outcome.Done)
        {
            return claimed;
        }

        Filler filler = new(_pieces);
        WriteHeader(ref filler, header, chains);
        PacketReader reader = new(packet, sourceHeader);
        while (reader.TryNext(uint.MaxValue, out ReadOnlySpan<byte> piece))
        {
            filler.Write(piece);
        }

        Complete(queue, chains, _header + length);
        Counters.Frames++;
        Counters.Bytes += length;
        return Outcome.Done;
    }

    /// <summary>The header asks for something: whether that is to be done here, as the guest does not take it.</summary>
    private bool MustConvert(ref VnetHeader header, out Outcome outcome)
    {
        outcome = Outcome.Done;
        if (!header.IsGood)
        {
            outcome = Outcome.Bad;
            return true;
        }

        VirtioFeatures needed = (header.NeedsChecksum ? VirtioFeatures.GuestChecksum : VirtioFeatures.None)
            | (header.Gso != header.SegmentType ? VirtioFeatures.GuestCongestion : VirtioFeatures.None)
            | header.SegmentType switch
            {
                VnetGso.TcpV4 => VirtioFeatures.GuestTcpV4,
                VnetGso.TcpV6 => VirtioFeatures.GuestTcpV6,
                VnetGso.Udp => VirtioFeatures.GuestUdp,
                _ => VirtioFeatures.None,
            };
        if ((_features & VirtioFeatures.GuestChecksum) == 0)
        {
            // Who did not ask for checksum work is not told that one was looked at, either.
            header.Flags &= ~VnetFlags.DataValid;
        }

        return (needed & ~_features) != 0;
    }

    /// <summary>Takes chains for so many bytes: several only where the guest merges buffers.</summary>
    private Outcome Claim(Virtqueue queue, uint bytes, out int chains)
    {
        bool mayMerge = (_features & VirtioFeatures.MergedBuffers) != 0;
        uint there = _there;
        ulong room = 0;
        int pieces = 0;
        chains = 0;
        queue.Mark();
        do
        {
            if (there == 0 && (there = queue.Available()) == 0)
            {
                queue.Rewind();
                _there = 0;
                return Outcome.Full;
            }

            there--;
            int count = queue.Take(_pieces + pieces, PiecesMax - pieces, isWritten: true);
            if (count <= Virtqueue.Unusable)
            {
                return Refuse(queue, pieces);
            }

            for (int end = pieces + count; pieces < end; pieces++)
            {
                room += _pieces[pieces].Length;
            }

            _chainEnds[chains++] = pieces;
        }
        while (room < bytes && mayMerge && chains < ChainsMax);
        if (room >= bytes)
        {
            _there = there;
            return Outcome.Done;
        }

        queue.Rewind();
        _there = 0;
        return Outcome.NoRoom;
    }

    /// <summary>A buffer that is no memory ends the ring, unless it was just one too many for one packet.</summary>
    private Outcome Refuse(Virtqueue queue, int pieces)
    {
        queue.Rewind();
        _there = 0;
        if (pieces == 0 && !queue.IsBroken)
        {
            // Nothing behind it can be reached without it: it is given back empty.
            _ = queue.Take(_pieces, PiecesMax, isWritten: true);
            queue.Complete(0);
        }

        return queue.IsBroken ? Outcome.Full : Outcome.NoRoom;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteHeader(ref Filler filler, in VnetHeader header, int chains)
    {
        HeaderWords words = default;
        Unsafe.WriteUnaligned(&words, header);
        *(ushort*)((byte*)&words + BufferCountAt) = (ushort)chains;
        filler.Write(new ReadOnlySpan<byte>(&words, (int)_header));
    }

    private void Complete(Virtqueue queue, int chains, uint bytes)
    {
        int piece = 0;
        DirtyLog? log = queue.Log;
        for (int chain = 0; chain < chains; chain++)
        {
            uint written = 0;
            for (; piece < _chainEnds[chain]; piece++)
            {
                uint part = Math.Min(_pieces[piece].Length, bytes);
                log?.Mark(_pieces[piece].Guest, part);
                written += part;
                bytes -= part;
            }

            queue.Complete(written);
        }
    }

    private static uint LengthOf(Fragment* packet)
    {
        uint length = packet->Length;
        for (int i = 1; i < packet->Count; i++)
        {
            length += packet[i].Length;
        }

        return length;
    }

    private void EnterGate()
    {
        if (Interlocked.CompareExchange(ref _gate, 1, 0) != 0)
        {
            WaitForGate();
        }
    }

    private void WaitForGate()
    {
        SpinWait wait = default;
        do
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
        while (Interlocked.CompareExchange(ref _gate, 1, 0) != 0);
    }

    private void ExitGate() => Volatile.Write(ref _gate, 0);

    /// <summary>Writes to the pieces that were claimed, one after the other: to the byte, as what follows them is the guest's.</summary>
    private ref struct Filler(GuestPiece* pieces)
    {
        private GuestPiece* _piece = pieces;
        private uint _done;

        /// <summary>The pieces have room for all that is written.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void Write(ReadOnlySpan<byte> bytes)
        {
            while (bytes.Length != 0)
            {
                uint room = _piece->Length - _done;
                if (room == 0)
                {
                    _piece++;
                    _done = 0;
                    continue;
                }

                int part = (int)Math.Min(room, (uint)bytes.Length);
                bytes[..part].CopyTo(new Span<byte>(_piece->Data + _done, part));
                _done += (uint)part;
                bytes = bytes[part..];
            }
        }
    }

    /// <summary>A virtio-net header of 12 bytes.</summary>
    private struct HeaderWords
    {
        internal ulong First;
        internal ulong Second;
    }
}

using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Common;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// Receives through an AF_XDP socket, into the buffers of the ring. While frames flow they are shown when the adapter's thread
/// looks, as at an interrupt: a program that took them one by one would keep its CPU busy with syncs, and slow down whoever sends
/// with whom it shares caches.
/// </summary>
/// <param name="pair">The queue's socket, which is the TX ring's, too.</param>
/// <param name="ring">The netmap ring.</param>
internal sealed class XdpReceiveQueue(XdpQueuePair pair, AdapterRing ring) : IReceiveQueue
{
    private const ulong OffsetMask = (1UL << 48) - 1;
    private const int OffsetShift = 48;
    private const uint Nothing = 0;

    /// <summary>One bit a buffer: the kernel has it. Written by who holds the ring, read by the control plane.</summary>
    private readonly ulong[] _held = new ulong[(ring.BufferCount + 63) / 64];
    private readonly XdpSocket _socket = pair.Socket!;

    /// <summary>Nothing is shown until the thread has looked. Only set while that goes by the clock.</summary>
    private volatile bool _isShut;
    private volatile bool _isByClock;
    private volatile bool _wantsClock;

    internal AdapterRing Ring => ring;

    public bool HasNews => !_isShut && _socket.Receive.Count != 0;

    public bool NewsComeByClock => _isShut;

    internal XdpSocket Socket => _socket;

    /// <summary>The adapter's thread looks by the clock. Set by that thread.</summary>
    internal bool IsByClock
    {
        get => _isByClock;
        set
        {
            _isByClock = value;
            Interlocked.MemoryBarrier();
            _isShut = false;
        }
    }

    /// <summary>
    /// Many frames are sent by the socket: each would make the kernel look for those who wait for the socket.
    /// </summary>
    /// <returns>True when the adapter's thread does not look by the clock, and has to be told.</returns>
    internal bool AskForClock()
    {
        if (_wantsClock)
        {
            return false;
        }

        _wantsClock = true;
        return !_isByClock;
    }

    /// <returns>True when <see cref="AskForClock"/> was called since the last time. From the adapter's thread.</returns>
    internal bool TakeWish()
    {
        bool wants = _wantsClock;
        _wantsClock = false;
        return wants;
    }

    /// <summary>Shows what has come. From the adapter's thread.</summary>
    internal void Show() => _isShut = false;

    public void Refill(SlotBatch slots)
    {
        XdpRing fill = _socket.Fill;
        uint producer = fill.Producer;
        for (uint i = 0; i < slots.Count; i++)
        {
            fill.Address(producer++) = ring.OffsetOf(Hold(slots.TakeBuffer(i))) - XdpSocket.Headroom;
        }

        fill.Publish(producer);
    }

    public uint Receive(SlotBatch slots)
    {
        if (_isShut)
        {
            return 0;
        }

        XdpRing receive = _socket.Receive;
        uint consumer = receive.Consumer;
        uint available = Math.Min(receive.Count, slots.Count);
        uint filled = 0;
        while (filled < available)
        {
            uint parts = Parts(receive, consumer, available - filled);
            if (parts == 0)
            {
                break;
            }

            if (parts > 1)
            {
                CompleteLong(slots, receive, consumer, parts);
            }

            for (uint i = 0; i < parts; i++)
            {
                Put(slots, filled + i, receive.Descriptor(consumer + i), isWhole: parts == 1);
            }

            filled += parts;
            consumer += parts;
        }

        receive.Release(consumer);
        if (filled > 1 && filled < slots.Count && _isByClock)
        {
            Shut();
        }

        return filled;
    }

    public void MarkShown(BufferSet shown)
    {
        for (int word = 0; word < _held.Length; word++)
        {
            for (ulong bits = Volatile.Read(ref _held[word]); bits != 0; bits &= bits - 1)
            {
                shown.Add((uint)((word * 64) + System.Numerics.BitOperations.TrailingZeroCount(bits)));
            }
        }
    }

    public void Close(SlotBatch slots)
    {
        (ulong noRoom, ulong tooLong) = _socket.Lost();
        ring.CountNoRoom((uint)Math.Min(noRoom, uint.MaxValue));
        ring.CountDropped(DropCause.TooLong, (uint)Math.Min(tooLong, uint.MaxValue));
        pair.StopReceiving(this);
        uint next = 0;
        for (int word = 0; word < _held.Length; word++)
        {
            for (ulong bits = _held[word]; bits != 0 && next < slots.Count; bits &= bits - 1)
            {
                slots.PutBack(next++, (uint)((word * 64) + System.Numerics.BitOperations.TrailingZeroCount(bits)));
            }

            Volatile.Write(ref _held[word], 0);
        }

        // A program had given the same buffer several times, or none.
        while (next < slots.Count)
        {
            slots.PutBack(next++, Nothing);
        }
    }

    /// <remarks>Either this sees that the thread has stopped looking, or the thread opens what is shut here.</remarks>
    private void Shut()
    {
        _isShut = true;
        Interlocked.MemoryBarrier();
        if (!_isByClock)
        {
            _isShut = false;
        }
    }

    /// <summary>How many descriptors the next frame takes; 0 when it is not all there.</summary>
    private static uint Parts(XdpRing receive, uint consumer, uint most)
    {
        for (uint i = 0; i < most; i++)
        {
            if ((receive.Descriptor(consumer + i).Options & XdpDescriptor.Continues) == 0)
            {
                return i + 1;
            }
        }

        return 0;
    }

    private void Put(SlotBatch slots, uint i, XdpDescriptor descriptor, bool isWhole)
    {
        uint buffer = BufferOf(descriptor);
        if (isWhole)
        {
            ChecksumCompletion.Complete(slots.Data(buffer, descriptor.Length));
        }

        bool continues = (descriptor.Options & XdpDescriptor.Continues) != 0;
        slots.Put(i, buffer, Math.Min(descriptor.Length, slots.BufferSize), continues ? SlotFlags.MoreFragments : SlotFlags.None);
        Drop(buffer);
    }

    /// <summary>Completes the checksum of a frame that lies in several buffers.</summary>
    private void CompleteLong(SlotBatch slots, XdpRing receive, uint consumer, uint parts)
    {
        int length = 0;
        for (uint i = 0; i < parts; i++)
        {
            length += (int)receive.Descriptor(consumer + i).Length;
        }

        Span<byte> head = Data(slots, receive.Descriptor(consumer));
        if (!ChecksumCompletion.TryFind(head, length, out ChecksumCompletion.Partial found) || found.Start >= head.Length)
        {
            return;
        }

        ulong sum = 0;
        int position = 0;
        for (uint i = 0; i < parts; i++)
        {
            Span<byte> part = Data(slots, receive.Descriptor(consumer + i));
            int from = Math.Max(found.Start - position, 0);
            int to = Math.Min(found.End - position, part.Length);
            if (from < to)
            {
                sum += ChecksumCompletion.Sum(part[from..to], ((position + from - found.Start) & 1) != 0);
            }

            position += part.Length;
        }

        ChecksumCompletion.Write(head, found, sum);
    }

    private Span<byte> Data(SlotBatch slots, XdpDescriptor descriptor) => slots.Data(BufferOf(descriptor), descriptor.Length);

    /// <summary>In an address the upper 16 bits are the distance from the chunk's start to the data.</summary>
    private uint BufferOf(XdpDescriptor descriptor) =>
        ring.BufferAt((descriptor.Address & OffsetMask) + (descriptor.Address >> OffsetShift));

    /// <summary>A buffer that the kernel has already is not given to it again: the slot gets the scrap buffer instead.</summary>
    private uint Hold(uint buffer)
    {
        ref ulong word = ref _held[buffer >> 6];
        ulong bit = 1UL << (int)(buffer & 63);
        if ((word & bit) != 0)
        {
            return Nothing;
        }

        if (buffer != Nothing)
        {
            Volatile.Write(ref word, word | bit);
        }

        return buffer;
    }

    private void Drop(uint buffer)
    {
        ref ulong word = ref _held[buffer >> 6];
        Volatile.Write(ref word, word & ~(1UL << (int)(buffer & 63)));
    }
}

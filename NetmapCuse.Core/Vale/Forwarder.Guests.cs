using NetmapCuse.Core.Vale.Guests;

namespace NetmapCuse.Core.Vale;

/// <summary>What guests send: their packets are fragments already, in memory of theirs, and go the way of all others from there.</summary>
internal sealed unsafe partial class Forwarder
{
    /// <summary>Number of the ring that sends: it chooses among the rings of who receives.</summary>
    private uint _sourceRing;

    /// <summary>Packets that receivers could not make sense of, not counted yet.</summary>
    private uint _badPackets;

    /// <summary>Sends what a ring of a guest has, up to a batch. True when there was something.</summary>
    internal bool Forward(GuestPort port, GuestTransmit source, Virtqueue queue, uint ring, int batch)
    {
        LookAtGuest(port, ring, port.HeaderBytes);
        int fragments = source.Fetch(queue, _fragments, FragmentsMax, _headerBytes);
        ForwardTaken(port, source, fragments, batch);
        return source.Finish(queue) || fragments != 0;
    }

    /// <summary>Sends one frame in the name of a guest.</summary>
    internal void Forward(GuestPort port, GuestTransmit source, ReadOnlySpan<byte> frame)
    {
        LookAtGuest(port, ring: 0, header: 0);
        fixed (byte* data = frame)
        {
            *_fragments = new Fragment { Data = data, Length = (ushort)frame.Length, Count = 1 };
            ForwardTaken(port, source, 1, batch: 1);
        }
    }

    private void LookAtGuest(GuestPort port, uint ring, uint header)
    {
        _headerBytes = header;
        _hasOffsets = false;
        _copiesExactly = true;
        _hasIndirect = false;
        _sourceRing = ring;
    }

    private void ForwardTaken(GuestPort port, GuestTransmit source, int fragments, int batch)
    {
        if (port.Switch is { } valeSwitch && batch > 0)
        {
            Classify(port, valeSwitch, source, fragments);
            Deliver(port, valeSwitch, source: null);
            source.Counters.BadSlot += _badPackets;
            _badPackets = 0;
            return;
        }

        for (int packet = 0; packet < fragments; packet += _fragments[packet].Count)
        {
            source.Counters.NoDestination++;
        }
    }

    /// <summary>Puts the packets on lists.</summary>
    private void Classify(GuestPort port, ValeSwitch valeSwitch, GuestTransmit source, int fragments)
    {
        Route route = new(valeSwitch, port.Index);
        uint frames = 0;
        ulong bytes = 0;
        int count;
        for (int packet = 0; packet < fragments; packet += count)
        {
            count = _fragments[packet].Count;
            if (!TryFindFrame(packet, count, out byte* frame))
            {
                source.Counters.BadSlot++;
                continue;
            }

            int destination = route.Of(frame, Abi.Netmap.SlotFlags.None);
            if (destination == port.Index)
            {
                source.Counters.NoDestination++;
                continue;
            }

            frames++;
            for (int i = 0; i < count; i++)
            {
                bytes += _fragments[packet + i].Length;
            }

            Append(destination, packet, count);
        }

        source.Counters.Frames += frames;
        source.Counters.Bytes += bytes - (frames * (ulong)_headerBytes);
    }
}

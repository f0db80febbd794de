using System.Buffers.Binary;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>Rings: what is said of them comes in any order; a ring runs as soon as all of it is there.</summary>
internal sealed partial class VhostSession
{
    /// <summary>u32 ring, u32 value. The ring stands still while it changes, and goes on if it can.</summary>
    private VhostAnswer WithRing(ReadOnlySpan<byte> body, Action<VhostRing, uint> change)
    {
        if (RingOf(body, out uint value) is not { } ring)
        {
            return VhostAnswer.Broken;
        }

        Close(ring);
        change(ring, value);
        return Open(ring);
    }

    /// <summary>u64: the ring in the low byte, and a bit for no descriptor.</summary>
    private VhostAnswer WithDescriptor(
        ReadOnlySpan<byte> body, List<Fd> descriptors, Func<VhostRing, ClientEventFd?, VhostAnswer> change)
    {
        const ulong RingMask = 0xff;
        const ulong NoDescriptor = 0x100;
        if (body.Length < sizeof(ulong))
        {
            return VhostAnswer.Broken;
        }

        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(body);
        ulong index = number & RingMask;
        bool hasNone = (number & NoDescriptor) != 0;
        if (index >= (ulong)_rings.Length || descriptors.Count != (hasNone ? 0 : 1))
        {
            return VhostAnswer.Broken;
        }

        ClientEventFd? target = null;
        if (!hasNone)
        {
            target = ClientEventFd.TryAdopt(descriptors[0]);
            descriptors.Clear();
            if (target is null)
            {
                return VhostAnswer.Broken;
            }
        }

        return change(_rings[index], target);
    }

    /// <summary>u32 ring, u32 flags, and the addresses of descriptors, used ring, available ring, and of the used ring in the log.</summary>
    private VhostAnswer SetRingAddress(ReadOnlySpan<byte> body)
    {
        const int BodyBytes = 40;
        const uint Logs = 1;
        if (body.Length < BodyBytes || RingOf(body, out uint flags) is not { } ring)
        {
            return VhostAnswer.Broken;
        }

        Close(ring);
        ring.Place = new VirtqueuePlace(
            Descriptors: BinaryPrimitives.ReadUInt64LittleEndian(body[8..]),
            Device: BinaryPrimitives.ReadUInt64LittleEndian(body[16..]),
            Driver: BinaryPrimitives.ReadUInt64LittleEndian(body[24..]),
            Log: BinaryPrimitives.ReadUInt64LittleEndian(body[32..]),
            IsLogged: (flags & Logs) != 0);
        return Open(ring);
    }

    /// <summary>Stops the ring: from the answer on not a byte of the guest's memory changes.</summary>
    private VhostAnswer GetRingBase(ReadOnlySpan<byte> body)
    {
        if (RingOf(body, out _) is not { } ring)
        {
            return VhostAnswer.Broken;
        }

        Stop(ring);
        ShowStatus();
        return VhostAnswer.Of((uint)ring.Number | ((ulong)ring.Base << 32));
    }

    private VhostAnswer Start(VhostRing ring, ClientEventFd? kick)
    {
        Close(ring);
        SetKick(ring, kick);
        ring.IsStarted = true;
        return Open(ring);
    }

    private VhostAnswer SetCallOf(VhostRing ring, ClientEventFd? call)
    {
        SetCall(ring, call);
        return VhostAnswer.Done;
    }

    private static VhostAnswer SetErrorOf(VhostRing ring, ClientEventFd? error)
    {
        ring.Error?.Dispose();
        ring.Error = error;
        return VhostAnswer.Done;
    }

    private VhostRing? RingOf(ReadOnlySpan<byte> body, out uint value)
    {
        value = 0;
        if (body.Length < 2 * sizeof(uint))
        {
            return null;
        }

        uint index = BinaryPrimitives.ReadUInt32LittleEndian(body);
        value = BinaryPrimitives.ReadUInt32LittleEndian(body[4..]);
        return index < (uint)_rings.Length ? _rings[index] : null;
    }

    private Virtqueue? QueueOf(VhostRing ring) =>
        ring.IsReceive ? _port.Receivers[ring.Pair].Queue : _port.Transmitters[ring.Pair].Queue;

    /// <summary>Lets the ring run, if all is there for it.</summary>
    private VhostAnswer Open(VhostRing ring)
    {
        bool isEnabled = ring.IsEnabled || (_features & VirtioFeatures.ProtocolFeatures) == 0;
        if (!ring.IsStarted || !isEnabled || ring.Place is not { } place || ring.Size == 0 || _memory.Count == 0)
        {
            ShowStatus();
            return VhostAnswer.Done;
        }

        Virtqueue? queue = Virtqueue.TryCreate(
            _memory, place, ring.Size, ring.Base,
            isPacked: (_features & VirtioFeatures.PackedRing) != 0,
            hasEventIndex: (_features & VirtioFeatures.EventIndex) != 0,
            (_features & VirtioFeatures.LogAll) != 0 ? _dirty : null);
        if (queue is null)
        {
            ShowStatus();
            return VhostAnswer.Failed;
        }

        if (ring.IsReceive)
        {
            _port.OpenReceive(ring.Pair, queue, _features);
        }
        else
        {
            queue.Disarm();
            _port.Transmitters[ring.Pair].Queue = queue;
        }

        ShowStatus();
        return VhostAnswer.Done;
    }

    /// <summary>Nobody is at the ring any more when this returns. Where it stood is remembered.</summary>
    private void Close(VhostRing ring)
    {
        Virtqueue? queue;
        if (ring.IsReceive)
        {
            queue = _port.CloseReceive(ring.Pair);
        }
        else
        {
            queue = _port.Transmitters[ring.Pair].Queue;
            _port.Transmitters[ring.Pair].Queue = null;
        }

        ring.Base = queue?.Base ?? ring.Base;
    }

    private void Stop(VhostRing ring)
    {
        Close(ring);
        SetKick(ring, null);
        ring.IsStarted = false;
    }

    private void CloseAll() => Array.ForEach(_rings, Close);

    /// <summary>A ring that cannot go on now is tried again with the next change.</summary>
    private void OpenAll()
    {
        foreach (VhostRing ring in _rings)
        {
            _ = Open(ring);
        }
    }

    private VhostAnswer StopAll()
    {
        Array.ForEach(_rings, Stop);
        ShowStatus();
        return VhostAnswer.Done;
    }

    private void SetKick(VhostRing ring, ClientEventFd? kick)
    {
        if (ring.Kick is { } former)
        {
            _kicks.Remove(former.Fd);
            former.Dispose();
        }

        ring.Kick = kick;
        if (kick is not null && !ring.IsReceive)
        {
            _kicks.Add(ring.Number, kick.Fd);
        }
    }

    private void SetCall(VhostRing ring, ClientEventFd? call)
    {
        if (ring.IsReceive)
        {
            _port.Receivers[ring.Pair].ReplaceCall(call);
        }
        else
        {
            _port.Transmitters[ring.Pair].Call.Replace(call);
        }
    }
}

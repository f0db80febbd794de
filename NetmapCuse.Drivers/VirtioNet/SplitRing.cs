using System.Runtime.InteropServices;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>A split virtqueue (VIRTIO 1.2 section 2.7): descriptor table, available ring, used ring.</summary>
internal struct SplitRing : IVirtioRing
{
    private const ulong NextFlag = 1UL << 32;
    private const ulong WriteFlag = 2UL << 32;
    private const ulong IndirectFlag = 4UL << 32;
    private const int NextShift = 48;
    private const ushort NoNotify = 1; // VIRTQ_USED_F_NO_NOTIFY
    private const uint RingAt = 4;
    private const uint IndexAt = 2;

    private readonly DmaBlock _block;
    private readonly DmaBlock _available;
    private readonly DmaBlock _used;
    private readonly uint _mask;
    private ushort _given;
    private ushort _taken;

    internal SplitRing(DmaBlock block, uint size)
    {
        _block = block;
        _mask = size - 1;
        _available = block.Part(size * 16, RingAt + (2 * size) + 2);
        _used = block.Part(UsedAt(size), RingAt + (8 * size) + 2);
    }

    /// <summary>Bytes that a queue takes.</summary>
    internal static uint Bytes(uint size) => UsedAt(size) + RingAt + (8 * size) + 8;

    internal readonly ulong Available => _available.Iova;

    internal readonly ulong Used => _used.Iova;

    public readonly bool HasUsed => Volatile.Read(ref _used.At<ushort>(IndexAt)) != _taken;

    public static ulong TableWord(uint length, bool isWritten, uint index, bool hasNext) =>
        length | (isWritten ? WriteFlag : 0) | (hasNext ? NextFlag | ((ulong)(index + 1) << NextShift) : 0);

    public void Rewind()
    {
        _block.Clear();
        _given = _taken = 0;
    }

    public void Give(uint id, ulong table, uint tableBytes)
    {
        ref Descriptor descriptor = ref _block.Items<Descriptor>()[(int)id];
        descriptor.Low = table;
        descriptor.High = tableBytes | IndirectFlag;
        _available.At<ushort>(RingAt + ((_given++ & _mask) * 2)) = (ushort)id;
    }

    public readonly bool Publish()
    {
        Volatile.Write(ref _available.At<ushort>(IndexAt), _given);

        // The index has to be out before the device's wish is read, or each could wait for the other.
        Interlocked.MemoryBarrier();
        return (Volatile.Read(ref _used.At<ushort>(0)) & NoNotify) == 0;
    }

    public bool TryTake(out uint id, out uint bytes)
    {
        if (!HasUsed)
        {
            id = bytes = 0;
            return false;
        }

        UsedElement element = _used.At<UsedElement>(RingAt + ((_taken++ & _mask) * 8));
        id = element.Id;
        bytes = element.Bytes;
        return true;
    }

    private static uint UsedAt(uint size) => ((size * 16) + RingAt + (2 * size) + 2 + 3) & ~3u;

    /// <summary>struct virtq_used_elem. Written by the device.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct UsedElement
    {
        internal uint Id;
        internal uint Bytes;
    }
}

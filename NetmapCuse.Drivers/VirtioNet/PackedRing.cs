using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>
/// A packed virtqueue (VIRTIO 1.2 section 2.8): one ring, whose descriptors both sides write. A descriptor is available, or used, by
/// what its two flags say in this round of the ring.
/// </summary>
internal struct PackedRing : IVirtioRing
{
    private const ulong WriteFlag = 2UL << 48;
    private const ulong IndirectFlag = 4UL << 48;
    private const ulong AvailableFlag = 0x80UL << 48;
    private const ulong UsedFlag = 0x8000UL << 48;
    private const int IdShift = 32;
    private const ushort EventsDisabled = 1;
    private const uint EventFlagsAt = 2;
    private const uint EventBytes = 4;

    private readonly DmaBlock _block;
    private readonly DmaBlock _deviceEvents;
    private readonly uint _size;
    private uint _given;
    private uint _taken;
    private bool _givenRound;
    private bool _takenRound;

    internal PackedRing(DmaBlock block, uint size)
    {
        _block = block;
        _size = size;
        DriverEvents = block.Iova + (size * 16);
        _deviceEvents = block.Part((size * 16) + EventBytes, EventBytes);
        _givenRound = _takenRound = true;
    }

    internal static uint Bytes(uint size) => (size * 16) + (2 * EventBytes);

    internal ulong DriverEvents { get; }

    internal readonly ulong DeviceEvents => _deviceEvents.Iova;

    public readonly bool HasUsed
    {
        get
        {
            ulong word = Volatile.Read(ref _block.Items<Descriptor>()[(int)_taken].High);
            bool isAvailable = (word & AvailableFlag) != 0;
            return isAvailable == ((word & UsedFlag) != 0) && isAvailable == _takenRound;
        }
    }

    public static ulong TableWord(uint length, bool isWritten, uint index, bool hasNext) =>
        length | (isWritten ? WriteFlag : 0);

    public void Rewind()
    {
        _block.Clear();
        _given = _taken = 0;
        _givenRound = _takenRound = true;
    }

    public void Give(uint id, ulong table, uint tableBytes)
    {
        ref Descriptor descriptor = ref _block.Items<Descriptor>()[(int)_given];
        descriptor.Low = table;
        Volatile.Write(
            ref descriptor.High,
            tableBytes | ((ulong)id << IdShift) | IndirectFlag | (_givenRound ? AvailableFlag : UsedFlag));
        if (++_given == _size)
        {
            _given = 0;
            _givenRound = !_givenRound;
        }
    }

    public readonly bool Publish()
    {
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _deviceEvents.At<ushort>(EventFlagsAt)) != EventsDisabled;
    }

    public bool TryTake(out uint id, out uint bytes)
    {
        if (!HasUsed)
        {
            id = bytes = 0;
            return false;
        }

        ulong word = _block.Items<Descriptor>()[(int)_taken].High;
        id = (ushort)(word >> IdShift);
        bytes = (uint)word;
        if (++_taken == _size)
        {
            _taken = 0;
            _takenRound = !_takenRound;
        }

        return true;
    }
}

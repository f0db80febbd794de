using NetmapCuse.Core.Abi.Virtio;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>A driver's packed ring.</summary>
internal sealed unsafe class PackedDriverRing(byte* memory, ulong place, ushort size) : DriverRing(memory, place, size)
{
    private readonly Dictionary<ushort, (int Chain, int Descriptors)> _added = [];
    private int _chains;
    private int _free = size;
    private int _next;
    private bool _wrap = true;
    private int _used;
    private bool _usedWrap = true;
    private int _asked;

    internal override uint FirstBase => 0x8000_8000;

    private PackedDescriptor* Ring => (PackedDescriptor*)At(DescriptorsAt);

    private ushort* Wish => (ushort*)At(DriverAt);

    private ushort* DeviceWish => (ushort*)At(DeviceAt);

    internal override void Add(IReadOnlyList<(ulong Guest, uint Length)> pieces, bool isWritten, bool isIndirect)
    {
        int count = isIndirect ? 1 : pieces.Count;
        if (count > _free)
        {
            throw new InvalidOperationException("The ring is full.");
        }

        ushort id = (ushort)(_chains % 0xffff);
        DescriptorFlags kind = isWritten ? DescriptorFlags.Write : DescriptorFlags.None;
        int first = _next;
        DescriptorFlags firstFlags = DescriptorFlags.None;
        for (int i = 0; i < count; i++)
        {
            PackedDescriptor descriptor = new() { Address = pieces[i].Guest, Length = pieces[i].Length, Id = id };
            DescriptorFlags flags = kind | (i + 1 < count ? DescriptorFlags.Next : DescriptorFlags.None)
                | (_wrap ? DescriptorFlags.Available : DescriptorFlags.Used);
            if (isIndirect)
            {
                ulong offset = TablesAt + (ulong)(_next * 64);
                PackedDescriptor* table = (PackedDescriptor*)At(offset);
                for (int j = 0; j < pieces.Count; j++)
                {
                    table[j] = new PackedDescriptor { Address = pieces[j].Guest, Length = pieces[j].Length, Flags = kind };
                }

                descriptor.Address = GuestAt(offset);
                descriptor.Length = (uint)(pieces.Count * PackedDescriptor.Bytes);
                flags = (flags & ~DescriptorFlags.Write) | DescriptorFlags.Indirect;
            }

            descriptor.Flags = i == 0 ? Ring[_next].Flags : flags;
            firstFlags = i == 0 ? flags : firstFlags;
            Ring[_next] = descriptor;
            if (++_next == Size)
            {
                _next = 0;
                _wrap = !_wrap;
            }
        }

        _free -= count;
        _added[id] = (_chains++, count);
        Volatile.Write(ref *(ushort*)&(Ring + first)->Flags, (ushort)firstFlags);
    }

    internal override bool TryTake(out int chain, out uint written)
    {
        chain = -1;
        written = 0;
        DescriptorFlags flags = (DescriptorFlags)Volatile.Read(ref *(ushort*)&(Ring + _used)->Flags);
        bool available = (flags & DescriptorFlags.Available) != 0;
        bool used = (flags & DescriptorFlags.Used) != 0;
        if (available != used || used != _usedWrap)
        {
            return false;
        }

        PackedDescriptor descriptor = Ring[_used];
        (chain, int count) = _added[descriptor.Id];
        _added.Remove(descriptor.Id);
        written = (flags & DescriptorFlags.Write) != 0 ? descriptor.Length : 0;
        _free += count;
        _used += count;
        if (_used >= Size)
        {
            _used -= Size;
            _usedWrap = !_usedWrap;
        }

        return true;
    }

    internal override void WantCalls(bool want, bool byEvent)
    {
        Wish[0] = (ushort)(_used | (_usedWrap ? PackedEvent.WrapBit : 0));
        Wish[1] = !want ? PackedEvent.Disable : byEvent ? PackedEvent.AtPosition : PackedEvent.Enable;
    }

    internal override bool TakeKickWanted(bool byEvent)
    {
        int before = _asked;
        _asked = _next;
        ushort kind = DeviceWish[1];
        if (!byEvent || kind != PackedEvent.AtPosition)
        {
            return kind != PackedEvent.Disable;
        }

        int place = DeviceWish[0] & (PackedEvent.WrapBit - 1);
        place -= ((DeviceWish[0] & PackedEvent.WrapBit) != 0) != _wrap ? Size : 0;
        return (ushort)(_next - place - 1) < (ushort)(_next - (before >= _next ? before - Size : before));
    }
}

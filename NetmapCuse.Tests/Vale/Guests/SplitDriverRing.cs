using NetmapCuse.Core.Abi.Virtio;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>A driver's split ring.</summary>
internal sealed unsafe class SplitDriverRing(byte* memory, ulong place, ushort size) : DriverRing(memory, place, size)
{
    private readonly Queue<ushort> _free = new(Enumerable.Range(0, size).Select(static i => (ushort)i));
    private readonly Dictionary<ushort, (int Chain, ushort[] Descriptors)> _added = [];
    private int _chains;
    private ushort _available;
    private ushort _used;
    private ushort _asked;

    internal override uint FirstBase => 0;

    private SplitDescriptor* Table => (SplitDescriptor*)At(DescriptorsAt);

    private ushort* Avail => (ushort*)At(DriverAt);

    private ushort* Used => (ushort*)At(DeviceAt);

    internal override void Add(IReadOnlyList<(ulong Guest, uint Length)> pieces, bool isWritten, bool isIndirect)
    {
        ushort[] places = [.. Enumerable.Range(0, isIndirect ? 1 : pieces.Count).Select(_ => _free.Dequeue())];
        DescriptorFlags kind = isWritten ? DescriptorFlags.Write : DescriptorFlags.None;
        if (isIndirect)
        {
            ulong offset = TablesAt + (places[0] * 64UL);
            SplitDescriptor* table = (SplitDescriptor*)At(offset);
            for (int i = 0; i < pieces.Count; i++)
            {
                table[i] = Descriptor(pieces[i], kind, i + 1 < pieces.Count ? i + 1 : null);
            }

            Table[places[0]] = new SplitDescriptor
            {
                Address = GuestAt(offset),
                Length = (uint)(pieces.Count * SplitDescriptor.Bytes),
                Flags = DescriptorFlags.Indirect,
            };
        }
        else
        {
            for (int i = 0; i < pieces.Count; i++)
            {
                Table[places[i]] = Descriptor(pieces[i], kind, i + 1 < pieces.Count ? places[i + 1] : null);
            }
        }

        _added[places[0]] = (_chains++, places);
        Avail[2 + (_available % Size)] = places[0];
        Volatile.Write(ref Avail[1], ++_available);
    }

    internal override bool TryTake(out int chain, out uint written)
    {
        chain = -1;
        written = 0;
        if (Volatile.Read(ref Used[1]) == _used)
        {
            return false;
        }

        UsedElement element = ((UsedElement*)(Used + 2))[_used++ % Size];
        (chain, ushort[] places) = _added[(ushort)element.Id];
        _added.Remove((ushort)element.Id);
        Array.ForEach(places, _free.Enqueue);
        written = element.Length;
        return true;
    }

    internal override void WantCalls(bool want, bool byEvent)
    {
        Avail[0] = (ushort)(want || byEvent ? 0 : 1);
        Avail[2 + Size] = (ushort)(want ? _used : _used - 1);
    }

    internal override bool TakeKickWanted(bool byEvent)
    {
        ushort before = _asked;
        _asked = _available;
        ushort place = Used[2 + (4 * Size)];
        return byEvent ? (ushort)(_available - place - 1) < (ushort)(_available - before) : (Used[0] & 1) == 0;
    }

    private static SplitDescriptor Descriptor((ulong Guest, uint Length) piece, DescriptorFlags kind, int? next) => new()
    {
        Address = piece.Guest,
        Length = piece.Length,
        Flags = kind | (next is null ? DescriptorFlags.None : DescriptorFlags.Next),
        Next = (ushort)(next ?? 0),
    };
}

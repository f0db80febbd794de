using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Core.Rings;

/// <summary>The netmap_if of one binding in shared memory, and the list of extra buffers that starts there.</summary>
internal sealed unsafe class InterfaceView(Region region, uint index)
{
    private readonly NetmapIf* _interface = (NetmapIf*)region.IfAddress(index);
    private int _holder;

    /// <summary>nr_offset.</summary>
    internal ulong ClientOffset => region.ClientOffset((byte*)_interface);

    /// <summary>Buffers in the list at registration.</summary>
    internal uint ExtraBuffers { get; private set; }

    /// <summary>Writes the structure.</summary>
    /// <param name="header">Its fixed part.</param>
    /// <param name="rings">
    /// In the order of ring_ofs: TX with host rings, then RX with host rings; null where the binding has no such ring.
    /// </param>
    internal void Write(in NetmapIf header, ReadOnlySpan<Kring?> rings)
    {
        *_interface = header;
        long* offsets = (long*)((byte*)_interface + NetmapIf.Bytes);
        for (int i = 0; i < rings.Length; i++)
        {
            offsets[i] = rings[i] is Kring ring ? (long)(ring.ClientOffset - ClientOffset) : 0;
        }
    }

    /// <summary>
    /// Takes extra buffers, each linked in front of the list through its first four bytes. Stops when the pool is dry.
    /// </summary>
    internal void TakeExtraBuffers(uint wanted)
    {
        if (wanted == 0)
        {
            return;
        }

        _holder = region.Buffers.AddHolder(extra: true);
        uint head = 0;
        for (; ExtraBuffers < wanted && region.Buffers.TryTake(_holder, out uint buffer); ExtraBuffers++)
        {
            region.Prepare((byte*)Buffer(buffer), region.Layout.Buffer.ObjectSize);
            *Buffer(buffer) = head;
            head = buffer;
        }

        _interface->BuffersHead = head;
    }

    /// <summary>Follows the list from where the program left its head and gives the buffers back.</summary>
    internal void Delete()
    {
        if (_holder != 0)
        {
            region.Buffers.Return([_holder], FollowList(), region.MarkShown);
            _holder = 0;
        }

        region.ReturnIf(index);
    }

    /// <summary>The list ends at an index that is no buffer, or at one that it had already.</summary>
    private List<uint> FollowList()
    {
        List<uint> found = [];
        BufferSet seen = new(region.Layout.Buffer.Count);
        uint next = Volatile.Read(ref _interface->BuffersHead);
        while (next >= NetmapApi.FirstUsableBuffer && seen.Add(next))
        {
            found.Add(next);
            next = Volatile.Read(ref *Buffer(next));
        }

        return found;
    }

    private uint* Buffer(uint buffer) => (uint*)(region.BufferPool + ((ulong)buffer * region.Layout.Buffer.ObjectSize));
}

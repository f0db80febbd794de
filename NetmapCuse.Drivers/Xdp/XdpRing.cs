using System.Runtime.CompilerServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// One of the four rings of an AF_XDP socket, mapped: one side fills it, the other empties it, indexes run free. The other
/// side is the kernel. Used by one thread at a time, but for <see cref="Count"/>.
/// </summary>
internal sealed unsafe class XdpRing : IDisposable
{
    private readonly RingMapping _mapping;
    private readonly uint* _producer;
    private readonly uint* _consumer;
    private readonly byte* _entries;
    private readonly uint _mask;

    /// <param name="socket">The socket.</param>
    /// <param name="offset">Which ring: XDP_PGOFF_*, XDP_UMEM_PGOFF_*.</param>
    /// <param name="where">producer, consumer and desc of struct xdp_ring_offset.</param>
    /// <param name="entries">A power of two.</param>
    /// <param name="entryBytes">16 for descriptors, 8 for addresses.</param>
    internal XdpRing(Fd socket, long offset, ReadOnlySpan<ulong> where, uint entries, uint entryBytes)
    {
        _mapping = new RingMapping(socket, offset, (nuint)(where[2] + (entries * entryBytes)));
        _producer = (uint*)(_mapping.Start + where[0]);
        _consumer = (uint*)(_mapping.Start + where[1]);
        _entries = _mapping.Start + where[2];
        _mask = entries - 1;
        Entries = entries;
    }

    internal uint Entries { get; }

    /// <summary>Entries that the emptying side has not taken yet. From any thread.</summary>
    internal uint Count => Volatile.Read(ref *_producer) - Volatile.Read(ref *_consumer);

    /// <summary>Entries that the filling side has ever put in. From any thread.</summary>
    internal uint Arrived => Volatile.Read(ref *_producer);

    /// <summary>Where the next entry goes; only the filling side moves it.</summary>
    internal uint Producer => *_producer;

    /// <summary>Where the next entry comes from; only the emptying side moves it.</summary>
    internal uint Consumer => *_consumer;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref ulong Address(uint index) => ref ((ulong*)_entries)[index & _mask];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref XdpDescriptor Descriptor(uint index) => ref ((XdpDescriptor*)_entries)[index & _mask];

    /// <summary>Hands over everything up to, not including, an index.</summary>
    internal void Publish(uint producer) => Volatile.Write(ref *_producer, producer);

    /// <summary>Gives places back up to, not including, an index.</summary>
    internal void Release(uint consumer) => Volatile.Write(ref *_consumer, consumer);

    public void Dispose() => _mapping.Dispose();
}

/// <summary>struct xdp_desc (linux/if_xdp.h).</summary>
internal struct XdpDescriptor
{
    /// <summary>XDP_PKT_CONTD: the frame goes on in the next descriptor.</summary>
    internal const uint Continues = 1;

    internal ulong Address;
    internal uint Length;
    internal uint Options;
}

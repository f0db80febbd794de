using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;

namespace NetmapCuse.Core.Transport;

/// <summary>Collects one answer: an error, or what follows the header of a reply.</summary>
internal ref struct ReplyWriter(Span<byte> room)
{
    private readonly Span<byte> _room = room;

    /// <summary>0 or a negative errno, as fuse_out_header wants it.</summary>
    internal int Error { get; private set; }

    /// <summary>How many bytes follow the header.</summary>
    internal int Length { get; private set; }

    /// <summary>Answers with a positive errno and nothing else.</summary>
    internal void Fail(int errno)
    {
        Error = -errno;
        Length = 0;
    }

    /// <summary>Adds a structure.</summary>
    internal void Put<T>(in T value)
        where T : unmanaged, IFuseOut
    {
        MemoryMarshal.Write(_room[Length..], in value);
        Length += Unsafe.SizeOf<T>();
    }

    /// <summary>Adds so many zeros, or as many as there is room for.</summary>
    internal void Zeros(uint length)
    {
        Span<byte> place = _room[Length..];
        place = place[..(int)Math.Min(length, (uint)place.Length)];
        place.Clear();
        Length += place.Length;
    }

    /// <summary>Bytes that still fit.</summary>
    internal readonly int Room => _room.Length - Length;

    /// <summary>Adds bytes; there is room for them.</summary>
    internal void PutBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_room[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Counts bytes in that were prepared with <see cref="TryRoomAfter{T}"/>.</summary>
    internal void Extend(int length) => Length += length;

    /// <summary>The place of what is going to follow a structure of this type; false when it is too long for that.</summary>
    internal readonly bool TryRoomAfter<T>(uint length, out Span<byte> place)
        where T : unmanaged, IFuseOut
    {
        Span<byte> after = _room[Unsafe.SizeOf<T>()..];
        bool fits = length <= (uint)after.Length;
        place = fits ? after[..(int)length] : default;
        return fits;
    }
}

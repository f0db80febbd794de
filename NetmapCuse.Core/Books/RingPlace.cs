using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Books;

/// <summary>
/// The record of one ring, for as long as anybody can reach the ring: threads that have left a ring behind may still write to it.
/// So the record goes back when the ring is collected, and not when it ends. In the books, or, where there are none, or no place
/// is left, in memory of its own.
/// </summary>
internal sealed unsafe class RingPlace
{
    private readonly Bookkeeper? _books;
    private readonly int _place;

    /// <summary>A record in the books.</summary>
    internal RingPlace(Bookkeeper books, int place, RingRecord* record)
    {
        _books = books;
        _place = place;
        Record = record;
    }

    /// <summary>A record that nobody else sees.</summary>
    internal RingPlace()
    {
        Record = (RingRecord*)NativeMemory.AlignedAlloc(BookLayout.RingBytes, 128);
        *Record = default;
    }

    ~RingPlace()
    {
        if (_books is { } books)
        {
            books.ReturnRing(_place);
        }
        else
        {
            NativeMemory.AlignedFree(Record);
        }
    }

    internal RingRecord* Record { get; }

    /// <summary>The ring is of no port any more: readers see it no longer.</summary>
    internal void Hide()
    {
        if (_books is not null && (Record->Generation & 1) != 0)
        {
            Volatile.Write(ref Record->Generation, Record->Generation + 1);
        }
    }
}

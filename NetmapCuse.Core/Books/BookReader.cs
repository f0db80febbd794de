using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetmapCuse.Core.Books;

/// <summary>
/// Reads the books of a running daemon from outside, without its knowledge: what it costs the daemon is nothing. Each
/// <see cref="Read"/> is a look at one moment, but for what changes while it is taken.
/// </summary>
public sealed class BookReader : IDisposable
{
    private readonly SafeFileHandle _file;

    private BookReader(SafeFileHandle file) => _file = file;

    /// <summary>Opens the books behind a path, such as /proc/PID/fd/NUMBER.</summary>
    /// <exception cref="InvalidDataException">It is no book, or one of another version.</exception>
    /// <exception cref="IOException">It cannot be opened; so is <see cref="UnauthorizedAccessException"/>.</exception>
    public static BookReader Open(string path)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        BookReader reader = new(file);
        BookHeader header = reader.ReadHeader();
        if (header.Magic != BookLayout.Magic || header.Version != BookLayout.Version)
        {
            reader.Dispose();
            throw new InvalidDataException(
                header.Magic == BookLayout.Magic ? $"the daemon's books have version {header.Version}, this program reads {BookLayout.Version}" : "not the books of a netmapcuse");
        }

        return reader;
    }

    /// <summary>Takes a look.</summary>
    public BookSnapshot Read()
    {
        BookHeader header = ReadHeader();
        PortRecord[] ports = ReadRecords<PortRecord>(BookLayout.PortsOffset, Math.Clamp(header.PortsSeen, 0, BookLayout.PortsMax));
        BindingRecord[] bindings = ReadRecords<BindingRecord>(
            BookLayout.BindingsOffset, Math.Clamp(header.BindingsSeen, 0, BookLayout.BindingsMax));
        RingRecord[] rings = ReadRecords<RingRecord>(BookLayout.RingsOffset, Math.Clamp(header.RingsSeen, 0, BookLayout.RingsMax));
        return new BookSnapshot(DateTimeOffset.UtcNow, header, ports, bindings, rings);
    }

    public void Dispose() => _file.Dispose();

    private BookHeader ReadHeader() => ReadRecords<BookHeader>(0, 1)[0];

    private T[] ReadRecords<T>(long offset, int count)
        where T : unmanaged
    {
        T[] records = new T[count];
        Span<byte> bytes = MemoryMarshal.AsBytes(records.AsSpan());
        while (bytes.Length != 0)
        {
            int read = RandomAccess.Read(_file, bytes, offset);
            if (read == 0)
            {
                throw new InvalidDataException("the books are shorter than they say");
            }

            bytes = bytes[read..];
            offset += read;
        }

        return records;
    }
}

namespace NetmapCuse.Core.Books;

/// <summary>
/// Where things are in the books of a device file: one sparse memfd, little endian, of fixed places. A reader needs no lock
/// and no answer of the daemon: it maps the file, or reads it, and looks.
/// <code>
/// 0            header (<see cref="BookHeader"/>)                    4096 bytes
/// 4096         ports,    PortsMax    records of 512 bytes (<see cref="PortRecord"/>)
/// then         bindings, BindingsMax records of 128 bytes (<see cref="BindingRecord"/>)
/// then         rings,    RingsMax    records of 512 bytes (<see cref="RingRecord"/>)
/// </code>
/// A record is in use while its <c>Generation</c> is odd. Who reads text compares the generation before and after; numbers are
/// whole words, each true by itself and a moment old.
/// </summary>
public static class BookLayout
{
    /// <summary>"NMBOOKS1", little endian.</summary>
    public const ulong Magic = 0x31534B4F4F424D4E;

    /// <summary>Changes with every change of a record.</summary>
    public const uint Version = 1;

    public const int HeaderBytes = 4096;
    public const int PortBytes = 512;
    public const int BindingBytes = 128;
    public const int RingBytes = 512;

    /// <summary>Ports that can be in the books; more than these work and are not seen.</summary>
    public const int PortsMax = 4096;

    /// <summary>As many as there can be open files.</summary>
    public const int BindingsMax = 16384;

    public const int RingsMax = 32768;

    public const long PortsOffset = HeaderBytes;
    public const long BindingsOffset = PortsOffset + ((long)PortsMax * PortBytes);
    public const long RingsOffset = BindingsOffset + ((long)BindingsMax * BindingBytes);

    /// <summary>Bytes in all; only what was used takes memory.</summary>
    public const long TotalBytes = RingsOffset + ((long)RingsMax * RingBytes);
}

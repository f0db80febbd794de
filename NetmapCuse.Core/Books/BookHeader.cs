using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Books;

/// <summary>The first page of the books. Written by the control plane.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct BookHeader
{
    /// <summary><see cref="BookLayout.Magic"/>; written last.</summary>
    public ulong Magic;

    /// <summary><see cref="BookLayout.Version"/>.</summary>
    public uint Version;

    /// <summary>The daemon.</summary>
    public int ProcessId;

    /// <summary>CLOCK_REALTIME, seconds.</summary>
    public long StartedAt;

    /// <summary>Size of the arena, bytes.</summary>
    public ulong ArenaBytes;

    /// <summary>One more than the highest place that was ever used, of each kind: a reader looks no further.</summary>
    public int PortsSeen;
    public int BindingsSeen;
    public int RingsSeen;

    /// <summary>Open files.</summary>
    public int OpenFiles;

    /// <summary>Where the device is served, UTF-8, zero-terminated.</summary>
    public BookText256 Path;

    /// <summary>"passthrough", "pagecache" or "cuse".</summary>
    public BookText32 Door;

    /// <summary>"uring" or "fuse".</summary>
    public BookText32 Transport;
}

/// <summary>Text of up to 31 bytes, zero-terminated.</summary>
[InlineArray(32)]
public struct BookText32
{
    private byte _first;

    public override string ToString() => BookText.Read(this);
}

/// <summary>Text of up to 63 bytes, zero-terminated.</summary>
[InlineArray(64)]
public struct BookText64
{
    private byte _first;

    public override string ToString() => BookText.Read(this);
}

/// <summary>Text of up to 255 bytes, zero-terminated.</summary>
[InlineArray(256)]
public struct BookText256
{
    private byte _first;

    public override string ToString() => BookText.Read(this);
}

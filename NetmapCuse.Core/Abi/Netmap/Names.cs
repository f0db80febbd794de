using System.Runtime.CompilerServices;
using System.Text;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>char[IFNAMSIZ]: a name of the legacy API, 15 characters and NUL.</summary>
[InlineArray(16)]
internal struct Name16
{
    private byte _first;
}

/// <summary>char[NETMAP_REQ_IFNAMSIZ]: a name of NIOCCTRL, 63 characters and NUL.</summary>
[InlineArray(64)]
internal struct Name64
{
    private byte _first;
}

/// <summary>Conversion between the NUL-terminated names of the ABI and strings. One byte is one character (Latin-1).</summary>
internal static class WireName
{
    internal static string Read(ReadOnlySpan<byte> name)
    {
        int end = name.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? name : name[..end]);
    }

    /// <summary>Writes the name, cut to what fits with its NUL, and clears the rest.</summary>
    internal static void Write(Span<byte> destination, string name)
    {
        destination.Clear();
        Encoding.Latin1.GetBytes(name.AsSpan(0, Math.Min(name.Length, destination.Length - 1)), destination);
    }
}

using System.Runtime.InteropServices;
using System.Text;

namespace NetmapCuse.Drivers.Interop;

/// <summary>struct sockaddr_un of a path.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal unsafe struct UnixAddress
{
    /// <summary>Bytes of a path, without the zero at its end (sys/un.h).</summary>
    internal const int PathMax = 107;

    internal const int Family = 1;

    private ushort _family;
    private fixed byte _path[PathMax + 1];

    /// <summary>False when the path is too long.</summary>
    internal static bool TryMake(string path, out UnixAddress address)
    {
        address = new UnixAddress { _family = Family };
        fixed (byte* target = address._path)
        {
            return Encoding.UTF8.GetByteCount(path) is > 0 and <= PathMax
                && Encoding.UTF8.GetBytes(path, new Span<byte>(target, PathMax)) > 0;
        }
    }
}

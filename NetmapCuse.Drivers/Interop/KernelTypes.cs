using System.Runtime.InteropServices;
using System.Text;

namespace NetmapCuse.Drivers.Interop;

/// <summary>
/// Finds functions that the kernel offers to BPF programs, by name, in the kernel's own type information (BTF, linux/btf.h).
/// </summary>
internal static class KernelTypes
{
    private const string Path = "/sys/kernel/btf/vmlinux";
    private const ushort Magic = 0xeb9f;
    private const int HeaderBytes = 24;
    private const int TypeBytes = 12;
    private const int FunctionKind = 12;

    /// <summary>Number of a function; null when the kernel has none of the name or does not tell.</summary>
    internal static int? FindFunction(string name)
    {
        try
        {
            return Find(File.ReadAllBytes(Path), Encoding.UTF8.GetBytes(name + '\0'));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same in any BTF; malformed data has no functions.</summary>
    internal static int? Find(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        if (data.Length < HeaderBytes || MemoryMarshal.Read<ushort>(data) != Magic)
        {
            return null;
        }

        ReadOnlySpan<uint> header = MemoryMarshal.Cast<byte, uint>(data[4..HeaderBytes]);
        ulong types = (ulong)header[0] + header[1];
        ulong strings = (ulong)header[0] + header[3];
        if (types + header[2] > (ulong)data.Length || strings + header[4] > (ulong)data.Length)
        {
            return null;
        }

        return Find(data.Slice((int)types, (int)header[2]), data.Slice((int)strings, (int)header[4]), name);
    }

    private static int? Find(ReadOnlySpan<byte> types, ReadOnlySpan<byte> strings, ReadOnlySpan<byte> name)
    {
        for (int id = 1; types.Length >= TypeBytes; id++)
        {
            uint nameOffset = MemoryMarshal.Read<uint>(types);
            uint info = MemoryMarshal.Read<uint>(types[4..]);
            int kind = (int)(info >> 24) & 0x1f;
            if (kind == FunctionKind && nameOffset < strings.Length && strings[(int)nameOffset..].StartsWith(name))
            {
                return id;
            }

            int extra = ExtraBytes(kind, (int)(info & 0xffff));
            if (extra < 0 || TypeBytes + extra > types.Length)
            {
                break;
            }

            types = types[(TypeBytes + extra)..];
        }

        return null;
    }

    /// <summary>What follows struct btf_type; negative for a kind that is not known here.</summary>
    private static int ExtraBytes(int kind, int members) => kind switch
    {
        1 or 14 or 17 => 4,
        3 => 12,
        4 or 5 or 15 or 19 => 12 * members,
        6 or 13 => 8 * members,
        2 or (>= 7 and <= 12) or 16 or 18 => 0,
        _ => -1,
    };
}

using System.Globalization;

namespace NetmapCuse.Core.Memory;

/// <summary>What /proc/PID/maps says of an address range.</summary>
internal static class ProcessMaps
{
    /// <summary>How a range is mapped.</summary>
    internal enum Kind
    {
        /// <summary>Not mapped, or not as one piece of one file.</summary>
        None,

        /// <summary>Private memory, of which no file exists.</summary>
        Private,

        /// <summary>Shared, but the process may not write there.</summary>
        ReadOnly,

        /// <summary>Shared and writable.</summary>
        Shared,
    }

    /// <summary>A range that is mapped as one piece of one file.</summary>
    /// <param name="Identity">What its first byte is.</param>
    /// <param name="Link">The name of the mapping that holds its first byte in /proc/PID/map_files.</param>
    internal readonly record struct Mapping(MemoryIdentity Identity, string Link);

    /// <summary>Looks a range up. Neighbouring mappings that continue the same file count as one.</summary>
    /// <param name="lines">The lines of maps, by address.</param>
    /// <param name="address">Start of the range, on a page.</param>
    /// <param name="length">Not 0.</param>
    /// <param name="mapping">Set for shared memory.</param>
    internal static Kind Find(IEnumerable<string> lines, ulong address, ulong length, out Mapping mapping)
    {
        mapping = default;
        ulong next = address;
        ulong end = address + length;
        if (length == 0 || end < address)
        {
            return Kind.None;
        }

        foreach (string line in lines)
        {
            if (!TryParse(line, out Line area) || area.End <= next)
            {
                continue;
            }

            if (area.Start > next)
            {
                return Kind.None;
            }

            Kind kind = area.Rights[3] != 's' ? Kind.Private : area.Rights[..2] == "rw" ? Kind.Shared : Kind.ReadOnly;
            MemoryIdentity here = area.Identity with { Offset = area.Identity.Offset + (next - area.Start) };
            if (kind != Kind.Shared)
            {
                return kind;
            }

            if (next == address)
            {
                mapping = new Mapping(here, area.Range);
            }
            else if (here != mapping.Identity with { Offset = mapping.Identity.Offset + (next - address) })
            {
                return Kind.None;
            }

            next = area.End;
            if (next >= end)
            {
                return Kind.Shared;
            }
        }

        return Kind.None;
    }

    /// <summary>"7f1200000000-7f1201000000 rw-s 00003000 00:01 1042   /memfd:name (deleted)".</summary>
    private static bool TryParse(string line, out Line area)
    {
        area = default;
        string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 5 || fields[1].Length != 4
            || fields[0].Split('-') is not [string first, string last] || fields[3].Split(':') is not [string major, string minor]
            || !TryHex(first, out ulong start) || !TryHex(last, out ulong end) || !TryHex(fields[2], out ulong offset)
            || !TryHex(major, out ulong majorNumber) || !TryHex(minor, out ulong minorNumber)
            || !ulong.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode))
        {
            return false;
        }

        ulong device = MemoryIdentity.DeviceNumber((uint)majorNumber, (uint)minorNumber);
        area = new Line(fields[0], start, end, fields[1], new MemoryIdentity(device, inode, offset));
        return true;
    }

    private static bool TryHex(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    private readonly record struct Line(string Range, ulong Start, ulong End, string Rights, MemoryIdentity Identity);
}

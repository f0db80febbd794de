using System.Globalization;
using NetmapCuse.Core.Parameters;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Configuration;

/// <summary>
/// Sizes of regions that could never be laid out are refused at start. (Through the files of parameters they are accepted, as by
/// the kernel module, and the next request that needs the region fails.)
/// </summary>
internal static class RegionCheck
{
    private const string Private = "priv_";

    /// <summary>reference/netmap-abi.md section 7.2.</summary>
    private static readonly Dictionary<string, (long Least, long Most)> s_ranges = new(StringComparer.Ordinal)
    {
        ["if_num"] = (10, 10000),
        ["if_size"] = (56, 4096),
        ["ring_num"] = (2, 1024),
        ["ring_size"] = (256, 131072),
        ["buf_num"] = (4, 1000000),
        ["buf_size"] = (64, 65536),
        ["priv_if_num"] = (1, 100),
        ["priv_if_size"] = (56, 4096),
        ["priv_ring_num"] = (2, 1024),
        ["priv_ring_size"] = (256, 131072),
        ["priv_buf_num"] = (4, 1000000),
        ["priv_buf_size"] = (64, 65536),
    };

    internal static void Require(IReadOnlyList<GivenParameter> parameters, ulong arenaBytes)
    {
        Dictionary<string, long> given = new(StringComparer.Ordinal);
        GivenParameter? lastGlobal = null;
        GivenParameter? lastPrivate = null;
        foreach (GivenParameter parameter in parameters)
        {
            if (!s_ranges.TryGetValue(parameter.Name, out (long Least, long Most) range)
                || !ParameterText.TryParse(parameter.Value, out long value))
            {
                continue; // what is no number is told where it is set
            }

            if (value < range.Least || value > range.Most)
            {
                throw parameter.Fault(string.Create(CultureInfo.InvariantCulture, $"give {range.Least} to {range.Most}"));
            }

            given[parameter.Name] = value;
            bool isPrivate = parameter.Name.StartsWith(Private, StringComparison.Ordinal);
            lastPrivate = isPrivate ? parameter : lastPrivate;
            lastGlobal = isPrivate ? lastGlobal : parameter;
        }

        RequireLayout(given, isPrivate: false, arenaBytes, lastGlobal);
        RequireLayout(given, isPrivate: true, arenaBytes, lastPrivate);
    }

    /// <summary>Each in range, they may still be too much together.</summary>
    private static void RequireLayout(
        Dictionary<string, long> given, bool isPrivate, ulong arenaBytes, GivenParameter? lastGiven)
    {
        if (lastGiven is not { } last)
        {
            return;
        }

        string prefix = isPrivate ? Private : string.Empty;
        RegionSizes defaults = isPrivate ? RegionSizes.PrivateMinimum : RegionSizes.GlobalDefault;
        RegionSizes sizes = new(Pool("if", defaults.If), Pool("ring", defaults.Ring), Pool("buf", defaults.Buffer));
        if (RegionLayout.TryCreate(sizes, isPrivate) is not { } layout)
        {
            throw last.Fault("no whole number of such objects fills pages, within 4 MiB; give a multiple of 64");
        }

        if (layout.MemorySize > arenaBytes)
        {
            throw last.Fault(string.Create(
                CultureInfo.InvariantCulture,
                $"a region would take {layout.MemorySize >> 20} MiB, the arena has {arenaBytes >> 20}: see arena-size"));
        }

        PoolSize Pool(string name, PoolSize former) => new(
            (uint)given.GetValueOrDefault($"{prefix}{name}_num", former.Count),
            (uint)given.GetValueOrDefault($"{prefix}{name}_size", former.ObjectSize));
    }
}

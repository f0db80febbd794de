using System.Globalization;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Status;

/// <summary>Turns two looks at the books of a device into its status.</summary>
internal sealed class StatusLook(BookSnapshot before, BookSnapshot after)
{
    private readonly double _seconds = Math.Max((after.Time - before.Time).TotalSeconds, 1e-3);

    internal DeviceStatus Describe(string? port) => new(
        after.Header.Path.ToString(),
        after.Header.ProcessId,
        after.Header.Door.ToString(),
        after.Header.Transport.ToString(),
        DateTimeOffset.FromUnixTimeSeconds(after.Header.StartedAt),
        after.Header.ArenaBytes,
        after.Header.OpenFiles,
        [.. after.LivePorts.Select(DescribePort).Where(status => port is null || status.Name == port).OrderBy(static status => status.Name, StringComparer.Ordinal)]);

    private PortStatus DescribePort(int place)
    {
        PortRecord port = after.Ports[place];
        bool isOld = place < before.Ports.Length && before.Ports[place].Generation == port.Generation;
        RingRecord[] rings = [.. after.RingsOf(place).OrderBy(static ring => ring.IsTx).ThenBy(static ring => ring.IsHost).ThenBy(static ring => ring.Index)];
        RingRecord[] past = isOld ? [.. before.RingsOf(place)] : [];
        string detail = port.Detail.ToString();
        return new PortStatus(
            port.Name.ToString(), port.Kind.ToString().ToLowerInvariant(), detail.Length == 0 ? null : detail,
            port.MemoryId, port.RegionBytes, port.TxRings, port.TxSlots, port.RxRings, port.RxSlots, port.HostTxRings, port.HostRxRings,
            Traffic(rings, past, port.PastTx, isOld ? before.Ports[place].PastTx : port.PastTx, isTx: true),
            Traffic(rings, past, port.PastRx, isOld ? before.Ports[place].PastRx : port.PastRx, isTx: false),
            [.. after.BindingsOf(place).Select(DescribeBinding)],
            [.. rings.Where(static ring => ring.Users > 0).Select(ring => DescribeRing(ring, past, port))]);
    }

    private TrafficStatus Traffic(RingRecord[] rings, RingRecord[] past, RingCounters gone, RingCounters goneBefore, bool isTx)
    {
        (RingCounters now, ulong syncs) = Sum(rings, gone, isTx);
        (RingCounters then, ulong syncsBefore) = Sum(past, goneBefore, isTx);
        ulong frames = Since(now.Frames, then.Frames);
        ulong made = Since(syncs, syncsBefore);
        return new TrafficStatus(
            now.Frames, now.Bytes, frames / _seconds, Since(now.Bytes, then.Bytes) / _seconds, made == 0 ? 0 : (double)frames / made,
            new DropStatus(now.NoRoom, now.BadSlot, now.NoDestination, now.NoCarrier, now.TooLong));
    }

    private static (RingCounters Counters, ulong Syncs) Sum(RingRecord[] rings, RingCounters gone, bool isTx)
    {
        RingCounters sum = gone;
        ulong syncs = 0;
        foreach (RingRecord ring in rings.Where(ring => ring.IsTx != 0 == isTx))
        {
            sum.Add(ring.Counters);
            syncs += ring.Syncs;
        }

        return (sum, syncs);
    }

    private static ulong Since(ulong now, ulong then) => now > then ? now - then : 0;

    private static RingStatus DescribeRing(RingRecord ring, RingRecord[] past, PortRecord port)
    {
        bool isTx = ring.IsTx != 0;
        uint used = ring.Slots == 0 ? 0 : isTx
            ? ((ring.Head + ring.Slots - ring.HwCur) % ring.Slots)
            : ((ring.HwTail + ring.Slots - ring.HwCur) % ring.Slots);
        bool hasMoved = !Array.Exists(past, other => other.Generation == ring.Generation && other.IsTx == ring.IsTx
            && other.Index == ring.Index && other.HwCur == ring.HwCur && other.Head == ring.Head);
        bool isStuck = !isTx && ring.Users > 0 && used + 1 >= ring.Slots && !hasMoved;
        uint index = ring.IsHost != 0 ? ring.Index - (isTx ? port.TxRings : port.RxRings) : ring.Index;
        string name = string.Create(CultureInfo.InvariantCulture, $"{(ring.IsHost != 0 ? "host " : "")}{(isTx ? "tx" : "rx")}{index}");
        return new RingStatus(name, ring.Slots, used, isStuck);
    }

    private static BindingStatus DescribeBinding(BindingRecord binding) => new(
        binding.ProcessId, binding.UserId, binding.Command.ToString(), DateTimeOffset.FromUnixTimeSeconds(binding.Since), NamespaceOf(binding.ProcessId));

    private static string? NamespaceOf(int process)
    {
        try
        {
            string? there = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/ns/net")).LinkTarget;
            return there == new FileInfo("/proc/self/ns/net").LinkTarget ? null : there;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

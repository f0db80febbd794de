using NetmapCuse.Configuration;
using Serilog;

namespace NetmapCuse.Ports;

/// <summary>
/// The ports of the configuration: made when a device has begun to be served, and followed when the configuration changes. The
/// daemon is a client of its own here. What fails is told and keeps nothing else from working: an interface may come later.
/// </summary>
internal static class StartPorts
{
    internal static void Make(string device, IEnumerable<PortSettings> ports, ILogger log) =>
        Change(device, [], [.. ports], log);

    /// <summary>Takes away what is no longer there, then makes what is new.</summary>
    internal static void Change(string device, IReadOnlyList<PortSettings> before, IReadOnlyList<PortSettings> after, ILogger log)
    {
        HashSet<PortSettings> kept = [.. before.Select(static port => port.WithoutSource)];
        kept.IntersectWith(after.Select(static port => port.WithoutSource));
        List<PortSettings> gone = [.. before.Where(port => !kept.Contains(port.WithoutSource))];
        List<PortSettings> added = [.. after.Where(port => !kept.Contains(port.WithoutSource))];
        if (gone.Count + added.Count == 0)
        {
            return;
        }

        try
        {
            using PortRequests requests = PortRequests.Open(device);
            gone.ForEach(port => Try(port, log, () => Remove(requests, port)));
            added.ForEach(port => Try(port, log, () => Add(requests, port)));
        }
        catch (SettingException failure)
        {
            log.Warning("{Reason}", failure.Message);
        }
    }

    private static void Add(PortRequests requests, PortSettings port)
    {
        if (port.IsPersistent)
        {
            requests.Add(port);
        }

        if (port.Switch is not null)
        {
            requests.Attach(port.SwitchPort, port.WithHost);
        }
    }

    private static void Remove(PortRequests requests, PortSettings port)
    {
        if (port.Switch is not null)
        {
            requests.Detach(port.SwitchPort);
        }

        if (port.IsPersistent)
        {
            requests.Delete(port.Name);
        }
    }

    private static void Try(PortSettings port, ILogger log, Action change)
    {
        try
        {
            change();
        }
        catch (SettingException failure)
        {
            log.Warning("{Source}: {Reason}", port.Source, failure.Message);
        }
    }
}

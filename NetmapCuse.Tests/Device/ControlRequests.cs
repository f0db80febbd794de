using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Tests.Device;

/// <summary>The VALE control requests of a program.</summary>
internal static class ControlRequests
{
    internal static int Attach(this NetmapClient client, string name, RegisterMode mode = RegisterMode.AllNic) =>
        client.Attach(name, new NmreqRegister { Mode = mode }, out _);

    internal static int Attach(this NetmapClient client, string name, NmreqRegister register, out uint index)
    {
        NmreqValeAttach body = new() { Register = register };
        int error = client.Control(RequestType.ValeAttach, name, ref body);
        index = body.PortIndex;
        return error;
    }

    internal static int Detach(this NetmapClient client, string name)
    {
        NmreqValeDetach body = default;
        return client.Control(RequestType.ValeDetach, name, ref body);
    }

    internal static int NewInterface(this NetmapClient client, string name, NmreqValeNewInterface body = default) =>
        client.Control(RequestType.ValeNewInterface, name, ref body);

    internal static int DeleteInterface(this NetmapClient client, string name)
    {
        NmreqHeader header = new() { Version = NetmapApi.Version, RequestType = RequestType.ValeDeleteInterface };
        WireName.Write(header.Name, name);
        return client.Control(ref header);
    }

    internal static int Polling(this NetmapClient client, string name, bool enable, uint mode, uint cpu, uint cpus)
    {
        NmreqValePolling body = new() { Mode = mode, FirstCpu = cpu, Cpus = cpus };
        return client.Control(enable ? RequestType.ValePollingEnable : RequestType.ValePollingDisable, name, ref body);
    }

    /// <summary>All names on all switches, by the list request with an empty name.</summary>
    internal static List<string> List(this NetmapClient client)
    {
        List<string> names = [];
        NmreqValeList place = default;
        while (client.NextListed(ref place) is { } name)
        {
            names.Add(name);
            place.PortIndex++;
        }

        return names;
    }

    /// <summary>The first port at or after a place, which is written back; null when there is none.</summary>
    internal static string? NextListed(this NetmapClient client, ref NmreqValeList place)
    {
        NmreqHeader header = new() { Version = NetmapApi.Version, RequestType = RequestType.ValeList };
        return client.ControlWithName(ref header, ref place) == 0 ? WireName.Read(header.Name) : null;
    }

    private static unsafe int ControlWithName(this NetmapClient client, ref NmreqHeader header, ref NmreqValeList body)
    {
        fixed (NmreqValeList* address = &body)
        {
            header.Body = (ulong)address;
            return client.Control(ref header);
        }
    }
}

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
        uint port = 0;
        ushort bridge = 0;
        while (true)
        {
            NmreqHeader header = new() { Version = NetmapApi.Version, RequestType = RequestType.ValeList };
            NmreqValeList body = new() { BridgeIndex = bridge, PortIndex = port };
            if (client.ControlWithName(ref header, ref body) != 0)
            {
                return names;
            }

            names.Add(WireName.Read(header.Name));
            bridge = body.BridgeIndex;
            port = body.PortIndex + 1;
        }
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

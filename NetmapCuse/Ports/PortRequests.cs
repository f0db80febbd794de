using NetmapCuse.Configuration;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Ports;

/// <summary>Persistent ports and attachments by requests to a device, as any program makes them. Failures are told in words.</summary>
internal sealed class PortRequests : IDisposable
{
    private readonly DeviceClient _device;

    private PortRequests(DeviceClient device) => _device = device;

    /// <summary>Opens the device file.</summary>
    internal static PortRequests Open(string path)
    {
        try
        {
            return new PortRequests(DeviceClient.Open(path));
        }
        catch (PosixException failure)
        {
            throw new SettingException(failure.Errno switch
            {
                Errno.NoEnt or Errno.NxIo or Errno.NotConn => $"{path} is not served: start netmapcuse serve, or name another with --device",
                Errno.Acces or Errno.Perm => $"{path} may not be opened by this user: be root, or in its group",
                _ => failure.Message,
            });
        }
    }

    public void Dispose() => _device.Dispose();

    /// <summary>Makes a persistent port. Returns what it got.</summary>
    internal string Add(PortSettings port)
    {
        NmreqValeNewInterface body = new()
        {
            TxSlots = port.TxSlots,
            RxSlots = port.RxSlots,
            TxRings = port.TxRings,
            RxRings = port.RxRings,
        };
        string name = port.Name;
        Require(_device.Request(RequestType.ValeNewInterface, ref name, ref body), port.Name, errno => errno switch
        {
            Errno.Exist => "there is an interface or port of this name already",
            Errno.Perm => "the daemon has no right to make interfaces, or there is no /dev/net/tun: see netmapcuse doctor",
            _ => null,
        });
        return $"{port.Name}: rings {body.TxRings}/{body.RxRings}, slots {body.TxSlots}/{body.RxSlots}, region {body.MemoryId}";
    }

    internal void Delete(string name) => Require(
        _device.Request(RequestType.ValeDeleteInterface, name),
        name,
        errno => errno switch
        {
            Errno.Busy => "somebody has it open, or it is attached to a switch: netmapcuse port detach",
            Errno.NxIo => "there is no persistent port of this name",
            _ => null,
        });

    /// <summary>Connects an interface or persistent port to a switch; returns its number there.</summary>
    internal uint Attach(string switchPort, bool withHost)
    {
        NmreqValeAttach body = new() { Register = new NmreqRegister { Mode = withHost ? RegisterMode.NicAndHost : RegisterMode.AllNic } };
        string name = switchPort;
        Require(_device.Request(RequestType.ValeAttach, ref name, ref body), switchPort, errno => errno switch
        {
            Errno.Busy => "somebody has it open, or it is attached already",
            Errno.NxIo or Errno.Inval => "there is no such interface or persistent port, or it cannot be attached",
            Errno.Perm or Errno.Acces => "no right to take over this interface",
            Errno.NoMem => "no room for it, or the name is none: give SWITCH:NAME, such as vale0:eth1",
            _ => null,
        });
        return body.PortIndex;
    }

    internal void Detach(string switchPort)
    {
        NmreqValeDetach body = default;
        string name = switchPort;
        Require(_device.Request(RequestType.ValeDetach, ref name, ref body), switchPort, errno => errno switch
        {
            Errno.Busy => "it is being polled: nm-ctl -P",
            Errno.NxIo => "nothing of this name is attached",
            _ => null,
        });
    }

    /// <summary>All ports of all switches.</summary>
    internal IReadOnlyList<ListedPort> List()
    {
        List<ListedPort> ports = [];
        for (NmreqValeList at = default; ; at.PortIndex++)
        {
            string name = string.Empty;
            int errno = _device.Request(RequestType.ValeList, ref name, ref at);
            if (errno == Errno.NoEnt)
            {
                return ports;
            }

            Require(errno, "list", static _ => null);
            NmreqPortInfoGet info = default;
            string asked = name;
            if (_device.Request(RequestType.PortInfoGet, ref asked, ref info) == Errno.Ok)
            {
                ports.Add(new ListedPort(
                    name, at.BridgeIndex, at.PortIndex, info.TxRings, info.RxRings, info.TxSlots, info.RxSlots, info.MemoryId));
            }
            else
            {
                // The host side of an attached interface cannot be asked by its name.
                ports.Add(new ListedPort(name, at.BridgeIndex, at.PortIndex, 0, 0, 0, 0, 0));
            }
        }
    }

    private static void Require(int errno, string subject, Func<int, string?> explain)
    {
        if (errno != Errno.Ok)
        {
            PosixException failure = new(subject, errno);
            throw new SettingException(explain(errno) is { } words ? $"{subject}: {words} (errno {errno})" : failure.Message);
        }
    }
}

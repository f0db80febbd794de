using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;
using NetmapCuse.Drivers.VhostUser;
using Serilog;

namespace NetmapCuse;

/// <summary>The ports of virtual machines that a device has.</summary>
internal sealed class GuestPorts(NetmapDevice device, ILogger log) : IDisposable
{
    private readonly List<VhostPort> _ports = [];

    /// <summary>Ends ports that are not wanted any more and makes those that are not there; the others' guests notice nothing.</summary>
    /// <exception cref="SettingException">There can be no such port.</exception>
    /// <exception cref="PosixException">There can be no such socket.</exception>
    internal void Become(IReadOnlyList<VhostOptions> wanted)
    {
        foreach (VhostPort port in _ports.Where(port => !wanted.Contains(port.Options)).ToArray())
        {
            _ports.Remove(port);
            End(port);
        }

        foreach (VhostOptions one in wanted.Where(one => _ports.TrueForAll(port => port.Options != one)).ToArray())
        {
            Add(one);
        }
    }

    private void Add(VhostOptions options)
    {
        int error = device.Plane.AddGuest(options.Port, options.Pairs, out GuestPort? port);
        if (port is null)
        {
            throw new SettingException($"--vhost-user {options.Port}: " + error switch
            {
                Errno.Exist => "there is a port of this name already",
                Errno.NoMem => "no switch has room for it",
                _ => "give the port of a switch, such as vale0:vm1",
            });
        }

        try
        {
            _ports.Add(new VhostPort(options, port, log));
        }
        catch
        {
            device.Plane.RemoveGuest(port);
            throw;
        }
    }

    public void Dispose()
    {
        _ports.ForEach(End);
        _ports.Clear();
    }

    private void End(VhostPort port)
    {
        port.Dispose();
        device.Plane.RemoveGuest(port.Port);
    }
}

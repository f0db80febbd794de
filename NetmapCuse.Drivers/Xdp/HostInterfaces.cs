using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// The interfaces of the daemon's own network namespace, asked by a socket: sysfs shows those of whoever mounted it.
/// </summary>
internal sealed class HostInterfaces : IHostInterfaces, IDisposable
{
    private const int NameMax = 15;

    private readonly InterfaceControl _control = new();

    public bool Exists(string name) => name.Length is > 0 and <= NameMax && _control.Index(name) is not null;

    public void Dispose() => _control.Dispose();
}

using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Common;

/// <summary>
/// The interfaces of network namespaces, asked by sockets in them: sysfs shows those of whoever mounted it.
/// </summary>
internal sealed class HostInterfaces : IHostInterfaces, IDisposable
{
    private const int NameMax = 15;

    private readonly InterfaceControl _own = new();

    public bool Exists(string name, CallerPlace place) =>
        name.Length is > 0 and <= NameMax && (place.IsOwn ? _own.Index(name) is not null : ExistsIn(place.Path, name));

    private static bool ExistsIn(string path, string name)
    {
        try
        {
            using NetworkNamespace entered = NetworkNamespace.Open(path);
            return entered.Run(() =>
            {
                using InterfaceControl control = new();
                return control.Index(name) is not null;
            });
        }
        catch (PosixException)
        {
            // The caller is dying, or the daemon has lost its rights.
            return false;
        }
    }

    public void Dispose() => _own.Dispose();
}

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

    public int IndexOf(string name, CallerPlace place) =>
        name.Length is 0 or > NameMax ? 0 : place.IsOwn ? _own.Index(name) ?? 0 : IndexIn(place.Path, name);

    public int Call(uint command, Span<byte> request, Span<byte> data, CallerPlace place)
    {
        if (place.IsOwn)
        {
            return _own.Call(command, request, data);
        }

        // A thread of its own enters the namespace, and spans do not go there.
        byte[] asked = request.ToArray();
        byte[] attached = data.ToArray();
        try
        {
            using NetworkNamespace entered = NetworkNamespace.Open(place.Path);
            int error = entered.Run(() =>
            {
                using InterfaceControl control = new();
                return control.Call(command, asked, attached);
            });
            asked.CopyTo(request);
            attached.CopyTo(data);
            return error;
        }
        catch (PosixException failure)
        {
            return failure.Errno;
        }
    }

    private static int IndexIn(string path, string name)
    {
        try
        {
            using NetworkNamespace entered = NetworkNamespace.Open(path);
            return entered.Run(() =>
            {
                using InterfaceControl control = new();
                return control.Index(name) ?? 0;
            });
        }
        catch (PosixException)
        {
            // The caller is dying, or the daemon has lost its rights.
            return 0;
        }
    }

    public void Dispose() => _own.Dispose();
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Interop;

/// <summary>A program's side of a device file: requests without options, as vale-ctl makes them.</summary>
internal sealed unsafe class DeviceClient : IDisposable
{
    private readonly Fd _file;

    private DeviceClient(Fd file) => _file = file;

    internal static DeviceClient Open(string path)
    {
        Fd file = Libc.Open(path, OpenFlags.ReadWrite | OpenFlags.CloseOnExec, 0);
        return file.IsInvalid ? throw PosixException.Last(path) : new DeviceClient(file);
    }

    /// <summary>A request with a body. Returns 0 or a positive errno; the name comes back as the device wrote it.</summary>
    internal int Request<T>(RequestType type, ref string name, ref T body)
        where T : unmanaged
    {
        fixed (T* pinned = &body)
        {
            return Send(type, ref name, pinned);
        }
    }

    /// <summary>A request that has none.</summary>
    internal int Request(RequestType type, string name) => Send(type, ref name, null);

    public void Dispose() => _file.Dispose();

    private int Send(RequestType type, ref string name, void* body)
    {
        NmreqHeader header = new() { Version = NetmapApi.Version, RequestType = type, Body = (ulong)body };
        WireName.Write(header.Name, name);
        int result = Libc.Ioctl(_file, NetmapApi.NiocCtrl, &header);
        int errno = result == 0 ? Errno.Ok : Marshal.GetLastPInvokeError();
        name = WireName.Read(header.Name);
        return errno;
    }
}

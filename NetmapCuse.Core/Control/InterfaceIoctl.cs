using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core.Control;

/// <summary>
/// "A file descriptor obtained through /dev/netmap also supports the ioctl supported by network devices" (netmap(4)): those of
/// netdevice(7) that tell something of the interface which the descriptor is bound to, and SIOCSIFFLAGS, in the caller's network
/// namespace and with the caller's own rights, as on a socket.
/// </summary>
internal static class InterfaceIoctl
{
    // linux/sockios.h
    internal const uint GetFlags = 0x8913;
    internal const uint SetFlags = 0x8914;
    internal const uint GetAddress = 0x8915;
    internal const uint GetMtu = 0x8921;
    internal const uint GetHardwareAddress = 0x8927;
    internal const uint GetIndex = 0x8933;
    internal const uint Ethtool = 0x8946;

    /// <summary>struct ifreq.</summary>
    internal const int RequestBytes = 40;

    private const int NameBytes = 16;

    /// <summary>CAP_NET_ADMIN (linux/capability.h).</summary>
    private const ulong NetAdmin = 1UL << 12;

    private static readonly string? s_ownUsers = new FileInfo("/proc/self/ns/user").LinkTarget;

    internal static bool IsKnown(uint command) =>
        command is GetFlags or SetFlags or GetAddress or GetMtu or GetHardwareAddress or GetIndex or Ethtool;

    /// <param name="plane">Where the ports are.</param>
    /// <param name="interfaces">Who asks the kernel.</param>
    /// <param name="file">The open file.</param>
    /// <param name="command">The request.</param>
    /// <param name="argument">Address of a struct ifreq in the caller; a name in it has to be the interface's.</param>
    /// <param name="client">The caller.</param>
    /// <returns>0; ENXIO not bound, or not in the caller's namespace; EOPNOTSUPP no interface; ENODEV another name; EPERM; EFAULT.</returns>
    internal static int Run(
        ControlPlane plane, IHostInterfaces interfaces, OpenFile file, uint command, ulong argument, ClientProcess client)
    {
        Span<byte> request = stackalloc byte[RequestBytes];
        if (plane.Inspect(_ => file.Binding?.Port) is not { } port || client.Place is not { } place)
        {
            return Errno.NxIo;
        }

        string? name = (port as NicPort)?.Name ?? (port as Vale.ValePort)?.Interface?.NameNow;
        if (name is null)
        {
            return Errno.OpNotSupp;
        }

        if (port is NicPort { Device: not 0 and int device } && interfaces.IndexOf(name, place) != device)
        {
            return Errno.NxIo;
        }

        if (!client.Memory.TryRead(argument, request))
        {
            return Errno.Fault;
        }

        string named = NameIn(request);
        if (named.Length != 0 && named != name)
        {
            return Errno.NoDev;
        }

        if (command == SetFlags && !MayChange(client.Rights))
        {
            return Errno.Perm;
        }

        request[..NameBytes].Clear();
        System.Text.Encoding.Latin1.GetBytes(name, request);
        int error = command == Ethtool
            ? RunEthtool(interfaces, request, place, client.Memory)
            : interfaces.Call(command, request, [], place);
        return error != Errno.Ok ? error
            : client.Memory.TryWrite(argument, request) ? Errno.Ok
            : Errno.Fault;
    }

    /// <summary>The caller could do it on a socket: CAP_NET_ADMIN, in the daemon's own user namespace.</summary>
    internal static bool MayChange(ClientRights? rights) =>
        rights is { } known && known.UserNamespace == s_ownUsers && (known.Capabilities & NetAdmin) != 0;

    /// <summary>How many bytes a request of ethtool has that only tells something (linux/ethtool.h); 0 for all others.</summary>
    internal static int EthtoolBytes(uint command) => command switch
    {
        // ETHTOOL_GSET, GDRVINFO, GLINK, GCOALESCE, GRINGPARAM, GPAUSEPARAM, GCHANNELS
        0x01 => 44,
        0x03 => 196,
        0x0a => 8,
        0x0e => 92,
        0x10 => 36,
        0x12 => 16,
        0x3c => 36,

        // ETHTOOL_GRXCSUM, GTXCSUM, GSG, GTSO, GUFO, GGSO, GFLAGS, GGRO: struct ethtool_value
        0x14 or 0x16 or 0x18 or 0x1e or 0x21 or 0x23 or 0x25 or 0x2b => 8,
        _ => 0,
    };

    private static int RunEthtool(IHostInterfaces interfaces, Span<byte> request, CallerPlace place, CallerMemory memory)
    {
        const int BytesMax = 196;
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(request[NameBytes..]);
        Span<byte> data = stackalloc byte[BytesMax];
        if (!memory.TryRead(address, data[..sizeof(uint)]))
        {
            return Errno.Fault;
        }

        int bytes = EthtoolBytes(MemoryMarshal.Read<uint>(data));
        if (bytes == 0)
        {
            return Errno.OpNotSupp;
        }

        uint command = MemoryMarshal.Read<uint>(data);
        if (!memory.TryRead(address, data[..bytes]))
        {
            return Errno.Fault;
        }

        // What was looked at is what is asked for, whatever the caller's memory says by now.
        MemoryMarshal.Write(data, in command);
        int error = interfaces.Call(Ethtool, request, data[..bytes], place);
        BinaryPrimitives.WriteUInt64LittleEndian(request[NameBytes..], address);
        return error != Errno.Ok ? error
            : memory.TryWrite(address, data[..bytes]) ? Errno.Ok
            : Errno.Fault;
    }

    private static string NameIn(ReadOnlySpan<byte> request)
    {
        ReadOnlySpan<byte> name = request[..NameBytes];
        int end = name.IndexOf((byte)0);
        return System.Text.Encoding.Latin1.GetString(end < 0 ? name : name[..end]);
    }
}

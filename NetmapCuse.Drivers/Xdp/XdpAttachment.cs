using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Interop;
using Serilog;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>The XDP program on an interface: while this lives, queues that have a socket receive there, others as before.</summary>
internal sealed class XdpAttachment : IDisposable
{
    // What a driver says that has no XDP, or not for an interface set up like this.
    private const int Range = 34;

    private const string NativeName = "af_xdp native";
    private const string GenericName = "af_xdp generic";
    private const string TagsLost = "; VLAN tags that its driver takes off are lost";

    private static readonly Lazy<int?> s_askForTag = new(static () => KernelTypes.FindFunction("bpf_xdp_metadata_rx_vlan_tag"));

    private readonly Fd _sockets;
    private readonly Fd _program;
    private readonly Fd _link;

    private XdpAttachment(Fd sockets, Fd program, Fd link, string description)
    {
        _sockets = sockets;
        _program = program;
        _link = link;
        Description = description;
    }

    /// <summary>The kernel calls the program behind the driver, after it has made its own packet of the frame.</summary>
    internal bool IsGeneric { get; private init; }

    /// <summary>How the interface is taken over.</summary>
    internal string Description { get; }

    /// <summary>Attaches in the driver, or behind it where the driver cannot; in the calling thread's network namespace.</summary>
    /// <param name="name">The interface.</param>
    /// <param name="device">Its number.</param>
    /// <param name="choice">admode: native only, generic only, or the best there is.</param>
    /// <param name="queues">RX queues.</param>
    /// <param name="splits">Frames may take several buffers.</param>
    /// <param name="cookie">What frames for the host stack begin with where they pass the program, too.</param>
    /// <param name="log">Where it is told what it became.</param>
    /// <exception cref="PosixException">EOPNOTSUPP when admode wants native and the driver cannot; EBUSY; EPERM.</exception>
    internal static XdpAttachment Make(
        string name, int device, AdapterChoice choice, uint queues, bool splits, uint cookie, ILogger log)
    {
        uint flags = splits ? Bpf.HasFragments : 0;
        Fd sockets = Bpf.CreateMap(Bpf.SocketMap, sizeof(uint), sizeof(uint), queues);
        XdpAttachment? made = null;
        try
        {
            string reason = "admode asks for it";
            made = choice == AdapterChoice.Generic ? null : TryNative(sockets, flags, name, device, choice, log, ref reason);
            made ??= MakeGeneric(sockets, flags, name, device, cookie, reason);
            log.Information("{Name} is taken over by {How}", name, made.Description);
            return made;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    internal void Add(uint queue, Fd socket) => Bpf.Update(_sockets, queue, socket);

    internal void Remove(uint queue) => Bpf.Remove(_sockets, queue);

    public void Dispose()
    {
        _link.Dispose();
        _program.Dispose();
        _sockets.Dispose();
    }

    /// <summary>Null when the driver cannot and there is another way.</summary>
    private static XdpAttachment? TryNative(
        Fd sockets, uint flags, string name, int device, AdapterChoice choice, ILogger log, ref string reason)
    {
        if (TryNativeWithTags(sockets, flags, name, device) is { } best)
        {
            return best;
        }

        Fd program = XdpPrograms.Receive(sockets, flags);
        try
        {
            Fd link = Bpf.Link(program, device, Bpf.AttachXdp, Bpf.DriverMode, $"attaching the XDP program to {name}");
            return new XdpAttachment(sockets, program, link, NativeName + TagsLost);
        }
        catch (PosixException refused)
        {
            program.Dispose();
            if (!IsRefusal(refused.Errno))
            {
                throw;
            }

            if (choice == AdapterChoice.Native)
            {
                log.Warning("{Name}: admode asks for native, and its driver cannot: {Reason}", name, refused.Message);
                throw new PosixException(refused.Step, Errno.OpNotSupp);
            }

            reason = refused.Message;
            log.Warning("{Name} has no native XDP ({Reason}); generic XDP is slower", name, refused.Message);
            return null;
        }
    }

    /// <summary>Null where kernel or driver does not tell tags, or the driver has no XDP at all.</summary>
    private static XdpAttachment? TryNativeWithTags(Fd sockets, uint flags, string name, int device)
    {
        if (s_askForTag.Value is not { } function)
        {
            return null;
        }

        Fd? program = null;
        try
        {
            program = XdpPrograms.ReceiveWithTags(sockets, device, function, flags);
            Fd link = Bpf.Link(program, device, Bpf.AttachXdp, Bpf.DriverMode, $"attaching the XDP program to {name}");
            return new XdpAttachment(sockets, program, link, NativeName);
        }
        catch (PosixException refused) when (refused.Errno != Errno.Busy)
        {
            program?.Dispose();
            return null;
        }
    }

    private static XdpAttachment MakeGeneric(
        Fd sockets, uint flags, string name, int device, uint cookie, string reason)
    {
        Fd program = XdpPrograms.ReceiveGeneric(sockets, cookie, flags);
        try
        {
            Fd link = Bpf.Link(
                program, device, Bpf.AttachXdp, Bpf.GenericMode, $"attaching the generic XDP program to {name}");
            return new XdpAttachment(sockets, program, link, $"{GenericName} ({reason})" + TagsLost) { IsGeneric = true };
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    private static bool IsRefusal(int errno) => errno is Errno.OpNotSupp or Errno.Inval or Errno.NoSpc or Range;
}

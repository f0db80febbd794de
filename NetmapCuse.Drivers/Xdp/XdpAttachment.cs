using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// The XDP program in an interface's driver: while this lives, queues that have a socket receive there, others as before. Behind the
/// driver ("generic") there is none: there the frames of a local sender with segmentation offload do not fit, and VLAN tags beside
/// the data are lost; packet sockets have both.
/// </summary>
internal sealed class XdpAttachment : IDisposable
{
    // What a driver says that has no XDP, or not for an interface set up like this.
    private const int Range = 34;

    private static readonly Lazy<int?> s_askForTag = new(static () => KernelTypes.FindFunction("bpf_xdp_metadata_rx_vlan_tag"));

    private readonly Fd _sockets;
    private readonly Fd _program;
    private readonly Fd _link;

    private XdpAttachment(Fd sockets, Fd program, Fd link)
    {
        _sockets = sockets;
        _program = program;
        _link = link;
    }

    /// <summary>Attaches in the driver, in the calling thread's network namespace, if nothing is lost there.</summary>
    /// <param name="name">The interface.</param>
    /// <param name="device">Its number.</param>
    /// <param name="queues">RX queues.</param>
    /// <param name="splits">Frames may take several buffers.</param>
    /// <param name="control">Asks about the interface.</param>
    /// <param name="reason">Why not.</param>
    /// <returns>Null when the driver cannot, or loses something.</returns>
    /// <exception cref="PosixException">EBUSY: somebody else's program is there; EPERM.</exception>
    internal static XdpAttachment? TryMake(
        string name, int device, uint queues, bool splits, InterfaceControl control, out string reason)
    {
        const string TunDriver = "tun";
        reason = string.Empty;
        if (control.Driver(name) == TunDriver)
        {
            reason = "the XDP of its driver does not see long frames of a sender with offloads";
            return null;
        }

        uint flags = splits ? Bpf.HasFragments : 0;
        Fd sockets = Bpf.CreateMap(Bpf.SocketMap, sizeof(uint), sizeof(uint), queues);
        Fd? program = null;
        try
        {
            Fd link = TryWithTags(sockets, flags, name, device, out program)
                ?? LinkPlain(sockets, flags, name, device, control, out program);
            return new XdpAttachment(sockets, program!, link);
        }
        catch (PosixException refused)
        {
            program?.Dispose();
            sockets.Dispose();
            if (!IsRefusal(refused.Errno))
            {
                throw;
            }

            reason = refused.Message;
            return null;
        }
    }

    internal void Add(uint queue, Fd socket) => Bpf.Update(_sockets, queue, socket);

    internal void Remove(uint queue) => Bpf.Remove(_sockets, queue);

    /// <summary>Takes the program off the interface. From any thread.</summary>
    internal void Detach() => _link.Dispose();

    public void Dispose()
    {
        _link.Dispose();
        _program.Dispose();
        _sockets.Dispose();
    }

    /// <summary>Null where kernel or driver does not tell tags, or the driver has no XDP at all.</summary>
    private static Fd? TryWithTags(Fd sockets, uint flags, string name, int device, out Fd? program)
    {
        program = null;
        if (s_askForTag.Value is not { } function)
        {
            return null;
        }

        try
        {
            program = XdpPrograms.ReceiveWithTags(sockets, device, function, flags);
            return Link(program, name, device);
        }
        catch (PosixException refused) when (refused.Errno != Errno.Busy)
        {
            program?.Dispose();
            program = null;
            return null;
        }
    }

    /// <summary>A driver that takes tags off and does not tell them to the program loses them.</summary>
    private static Fd LinkPlain(
        Fd sockets, uint flags, string name, int device, InterfaceControl control, out Fd? program)
    {
        program = XdpPrograms.Receive(sockets, flags);
        Fd link = Link(program, name, device);
        if (control.TakesTagsOff(name))
        {
            link.Dispose();
            throw new PosixException(
                $"its driver takes VLAN tags off and does not tell XDP programs; ethtool -K {name} rxvlan off", Errno.OpNotSupp);
        }

        return link;
    }

    private static Fd Link(Fd program, string name, int device) =>
        Bpf.Link(program, device, Bpf.AttachXdp, Bpf.DriverMode, $"attaching the XDP program to {name}");

    private static bool IsRefusal(int errno) => errno is Errno.OpNotSupp or Errno.Inval or Errno.NoSpc or Range;
}

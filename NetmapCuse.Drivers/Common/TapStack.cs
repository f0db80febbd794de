using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Drivers.Xdp;
using Serilog;

namespace NetmapCuse.Drivers.Common;

/// <summary>
/// The host stack behind an interface, by way of a TAP: a program on the interface's egress sends what the stack sends into the
/// TAP, where the kernel completes checksums, cuts segments and puts VLAN tags in line before it is read; what is written to the
/// TAP a program on the TAP's ingress puts into the stack as received by the interface (reference/linux-interfaces.md section 3).
/// A stack that sends is intercepted while any NIC TX ring is open: which one it would have used is decided later.
/// </summary>
internal sealed class TapStack(
    string name, NetworkNamespace place, InterfaceControl control, TrafficHooks hooks, ILogger log) : IHostStack, IDisposable
{
    private const string Template = "nmtap%d";
    private const uint QueuesMax = 16;

    /// <summary>Ethernet with two VLAN tags.</summary>
    private const uint HeadersMax = 22;

    private readonly List<IDisposable> _links = [];
    private TunDevice[] _queues = [];
    private volatile bool[] _mayHave = [];
    private string _tap = Template;
    private uint _spread = 1;
    private int _device;
    private int _tapDevice;
    private IDisposable? _egress;
    private uint _mtu;
    private int _dropped;

    /// <summary>What the interface is called now.</summary>
    internal string Name { get; set; } = name;

    public uint LongestFrame => Volatile.Read(ref _mtu) + HeadersMax;

    /// <summary>Frames that did not fit in a buffer.</summary>
    internal int Dropped => _dropped;

    /// <summary>Whether there can be host rings here, as far as can be told without making one.</summary>
    internal bool IsPossible(out string reason)
    {
        const int ReadWriteCloseOnExec = 0x2 | 0x80000;
        using Fd probe = Core.Interop.Libc.Open(TunDevice.Path, ReadWriteCloseOnExec, 0);
        if (probe.IsInvalid)
        {
            PosixException failure = PosixException.Last("open " + TunDevice.Path);
            reason = failure.Message + Remedy.For(failure);
            return false;
        }

        return hooks.IsPossible(out reason);
    }

    public void Spread(uint rings) => _spread = Math.Clamp(rings, 1, QueuesMax);

    /// <summary>Makes the TAP; the stack still sends by the interface.</summary>
    /// <exception cref="PosixException">The step that failed; nothing is left behind.</exception>
    internal void Open(int device, AdapterThread thread)
    {
        _device = device;
        try
        {
            place.Run(() =>
            {
                MakeTap();
                return 0;
            });
            for (int i = 0; i < _queues.Length; i++)
            {
                thread.Watch(_queues[i].Descriptor, AdapterThread.HostKey + (uint)i);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>From here on what the stack sends comes to host rings.</summary>
    internal void Intercept() => _egress ??= place.Run(() =>
    {
        using Fd program = XdpPrograms.ToTap(_tapDevice);
        return hooks.Attach(program, _device, Bpf.AttachEgress, $"attaching the program for the host's frames to {Name}");
    });

    internal void StopIntercepting()
    {
        _egress?.Dispose();
        _egress = null;
    }

    internal void UseMtu(uint mtu)
    {
        try
        {
            control.SetMtu(_tap, mtu);
            Volatile.Write(ref _mtu, mtu);
        }
        catch (PosixException failure)
        {
            log.Warning("{Name}: {Reason}", Name, failure.Message);
        }
    }

    /// <summary>A queue of the TAP has frames.</summary>
    internal void Arrived(uint ring)
    {
        if (ring < _mayHave.Length)
        {
            Volatile.Write(ref _mayHave[ring], true);
        }
    }

    public void Deliver(ReadOnlySpan<IoVector> frame)
    {
        TunDevice[] queues = _queues;
        if (queues.Length != 0)
        {
            _ = queues[0].Write([], frame);
        }
    }

    public int TryTake(uint ring, ReadOnlySpan<IoVector> room)
    {
        TunDevice[] queues = _queues;
        if (ring >= queues.Length)
        {
            return 0;
        }

        Volatile.Write(ref _mayHave[ring], false);
        int length;
        while ((length = queues[ring].ReadWhole(room)) == -Errno.MsgSize)
        {
            _dropped++;
        }

        if (length <= 0)
        {
            return 0;
        }

        Volatile.Write(ref _mayHave[ring], true);
        return length;
    }

    public bool HasFrames(uint ring)
    {
        bool[] mayHave = _mayHave;
        return ring < mayHave.Length && Volatile.Read(ref mayHave[ring]);
    }

    /// <summary>The stack has its interface back; the TAP is gone.</summary>
    public void Dispose()
    {
        StopIntercepting();
        _links.ForEach(link => link.Dispose());
        _links.Clear();
        TunDevice[] queues = _queues;
        _queues = [];
        _mayHave = [];
        Array.ForEach(queues, queue => queue.Dispose());
        if (_dropped != 0)
        {
            log.Information("{Name}: {Dropped} frames of the host found no room for their length", Name, _dropped);
            _dropped = 0;
        }
    }

    private void MakeTap()
    {
        _tap = Template;
        _queues = TunDevice.CreateQueues(ref _tap, _spread);
        _mayHave = new bool[_queues.Length];
        _tapDevice = control.Index(_tap) ?? throw new PosixException($"finding {_tap}", Errno.NxIo);
        if (control.TryGetAddress(Name, out ulong address))
        {
            control.SetAddress(_tap, address);
        }

        _mtu = control.Mtu(Name);
        control.SetMtu(_tap, _mtu);
        using Fd noise = XdpPrograms.OnlyMarked();
        using Fd up = XdpPrograms.FromTap(_device);
        _links.Add(hooks.Attach(noise, _tapDevice, Bpf.AttachEgress, "attaching the program for the TAP's frames"));
        _links.Add(hooks.Attach(up, _tapDevice, Bpf.AttachIngress, "attaching the program for frames to the host"));
        control.SetFlags(_tap, InterfaceControl.Up | InterfaceControl.NoAddressResolution);
    }
}

using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using static NetmapCuse.Drivers.Interop.BpfCode;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>The BPF programs (reference/linux-interfaces.md section 6), as instructions.</summary>
internal static class XdpPrograms
{
    // Helpers (enum bpf_func_id)
    private const int MapLookup = 1;
    private const int TailCall = 12;
    private const int Redirect = 23;
    private const int AdjustHead = 44;
    private const int RedirectMap = 51;

    // enum xdp_action, TC_ACT_*, BPF_F_INGRESS
    private const uint XdpPass = 2;
    private const uint Drop = 2;
    private const uint Unspecified = uint.MaxValue;
    private const uint TowardsStack = 1;

    // Fields of struct xdp_md and struct __sk_buff
    private const short XdpData = 0;
    private const short XdpDataEnd = 4;
    private const short XdpQueue = 16;
    private const short Mark = 8;
    private const short TcIndex = 44;

    /// <summary>What the host stack sent on an interface that is taken over carries this mark on its way to us.</summary>
    private const uint HostMark = 0x6e6d6373;

    /// <summary>tc_index of what we give to the host stack: packet sockets must not take it for received.</summary>
    internal const uint HostIndex = 0x6e6d;

    /// <summary>Frames of a queue go to the queue's socket; where there is none, to the host stack.</summary>
    internal static Fd Receive(Fd sockets, uint flags) => Bpf.Load(
        Bpf.XdpProgram,
        [
            LoadWord(2, 1, XdpQueue),
            LoadMap(1, sockets.Number), Second,
            Set(3, XdpPass),
            Call(RedirectMap),
            Exit,
        ],
        flags, 0, "loading the XDP program");

    /// <summary>
    /// The same, with VLAN tags that the driver keeps beside a frame put back in line (Linux 6.8). Frames for the host stack stay
    /// as they are.
    /// </summary>
    /// <param name="sockets">The map.</param>
    /// <param name="device">The interface: only a program of its own may ask its driver.</param>
    /// <param name="askForTag">The kernel's function that tells the tag.</param>
    /// <param name="flags">prog_flags.</param>
    internal static Fd ReceiveWithTags(Fd sockets, int device, int askForTag, uint flags) => Bpf.Load(
        Bpf.XdpProgram,
        [
            Copy(6, 1),
            LoadWord(7, 6, XdpQueue),
            StoreWord(10, 7, -4),
            LoadMap(1, sockets.Number), Second,
            Copy(2, 10),
            Add(2, unchecked((uint)-4)),
            Call(MapLookup),
            SkipIfNotEqual(0, 0, 2),
            Set(0, XdpPass),
            Exit,
            StoreImmediate(10, -8, 0),
            StoreImmediate(10, -12, 0),
            Copy(1, 6),
            Copy(2, 10),
            Add(2, unchecked((uint)-8)),
            Copy(3, 10),
            Add(3, unchecked((uint)-12)),
            CallKernel(askForTag),
            SkipIfNotEqual(0, 0, 20),
            Copy(1, 6),
            Set(2, unchecked((uint)-4)),
            Call(AdjustHead),
            SkipIfNotEqual(0, 0, 16),
            LoadWord(2, 6, XdpData),
            LoadWord(3, 6, XdpDataEnd),
            Copy(4, 2),
            Add(4, 18),
            SkipIfGreater(4, 3, 11),
            LoadWord(5, 2, 4),
            StoreWord(2, 5, 0),
            LoadWord(5, 2, 8),
            StoreWord(2, 5, 4),
            LoadWord(5, 2, 12),
            StoreWord(2, 5, 8),
            LoadHalf(5, 10, -8),
            StoreHalf(2, 5, 12),
            LoadHalf(5, 10, -12),
            ToBigEndian16(5),
            StoreHalf(2, 5, 14),
            LoadMap(1, sockets.Number), Second,
            Copy(2, 7),
            Set(3, XdpPass),
            Call(RedirectMap),
            Exit,
        ],
        flags | Bpf.DeviceBound, device, "loading the XDP program that keeps VLAN tags");

    /// <summary>What the host stack sends goes out by the TAP instead: to us.</summary>
    internal static Fd ToTap(int tap) => Bpf.Load(
        Bpf.ClassifierProgram,
        [
            // Kernels before 6.4 store nothing but registers there.
            Set(2, HostMark),
            StoreWord(1, 2, Mark),
            Set(1, (uint)tap),
            Set(2, 0),
            Call(Redirect),
            Exit,
        ],
        0, 0, "loading the program for the host's frames");

    /// <summary>Does what the only program in a map does; once that is gone, nothing.</summary>
    internal static Fd Dispatcher(Fd programs) => Bpf.Load(
        Bpf.ClassifierProgram,
        [
            LoadMap(2, programs.Number), Second,
            Set(3, 0),
            Call(TailCall),
            Set(0, Unspecified),
            Exit,
        ],
        0, 0, "loading the program that calls another");

    /// <summary>What leaves by the TAP without having come from the interface is the TAP's own noise.</summary>
    internal static Fd OnlyMarked() => Bpf.Load(
        Bpf.ClassifierProgram,
        [
            LoadWord(2, 1, Mark),
            Set(0, Drop),
            SkipIfNotEqual(2, HostMark, 1),
            Set(0, Unspecified),
            Exit,
        ],
        0, 0, "loading the program for the TAP's frames");

    /// <summary>What is written to the TAP arrives at the interface, as far as the host stack can see.</summary>
    internal static Fd FromTap(int device) => Bpf.Load(
        Bpf.ClassifierProgram,
        [
            Set(2, HostIndex),
            StoreWord(1, 2, TcIndex),
            Set(1, (uint)device),
            Set(2, TowardsStack),
            Call(Redirect),
            Exit,
        ],
        0, 0, "loading the program for frames to the host");
}

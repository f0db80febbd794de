using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Common;

/// <summary>
/// How classifier programs get onto an interface. Either way they are gone, or without effect, when the daemon is, by whatever
/// end: a link (tcx, Linux 6.6) goes with its descriptor; before that a classifier stays on the interface, but all it does is
/// call the program through a map that the kernel empties with the last descriptor of it (reference/linux-interfaces.md
/// section 3.2).
/// </summary>
internal abstract class TrafficHooks
{
    /// <summary>What there is on this kernel.</summary>
    internal static TrafficHooks Best { get; } =
        OperatingSystem.IsOSPlatformVersionAtLeast("linux", 6, 6) ? new LinkHooks() : new ClsactHooks();

    /// <summary>Whether there can be any, as far as can be told without an interface.</summary>
    internal abstract bool IsPossible(out string reason);

    /// <summary>Attaches a program in the calling thread's network namespace, until the result is disposed of.</summary>
    /// <param name="program">The program; its descriptor may be closed afterwards.</param>
    /// <param name="device">The interface.</param>
    /// <param name="attachType">Ingress or egress (<see cref="Bpf"/>).</param>
    /// <param name="step">What this is for, should it fail.</param>
    /// <exception cref="PosixException">It cannot be attached; nothing is left behind.</exception>
    internal abstract IDisposable Attach(Fd program, int device, uint attachType, string step);

    private sealed class LinkHooks : TrafficHooks
    {
        internal override bool IsPossible(out string reason)
        {
            reason = string.Empty;
            return true;
        }

        internal override IDisposable Attach(Fd program, int device, uint attachType, string step) =>
            Bpf.Link(program, device, attachType, 0, step);
    }
}

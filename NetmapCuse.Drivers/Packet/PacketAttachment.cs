using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Interop;
using Serilog;

namespace NetmapCuse.Drivers.Packet;

/// <summary>
/// Keeps from the host stack what packet sockets receive, by a program that goes with its descriptor, whatever end the daemon takes.
/// Control plane.
/// </summary>
internal sealed class PacketAttachment(
    string name, NetworkNamespace place, TrafficHooks hooks, int device, uint queues, ILogger log) : IDisposable
{
    private readonly HashSet<uint> _taken = [];
    private IDisposable? _link;

    /// <summary>The host stack sees what is received, too: why; null when it does not.</summary>
    internal string? Leak { get; private set; }

    internal void Add(uint queue)
    {
        _taken.Add(queue);
        Attach();
    }

    internal void Remove(uint queue)
    {
        _taken.Remove(queue);
        Attach();
    }

    /// <summary>Takes the program off the interface. From any thread.</summary>
    internal void Detach() => Volatile.Read(ref _link)?.Dispose();

    public void Dispose()
    {
        _taken.Clear();
        _link?.Dispose();
        _link = null;
    }

    private void Attach()
    {
        IDisposable? before = _link;
        _link = null;
        try
        {
            _link = _taken.Count == 0 || Leak is not null ? null : place.Run(Make);
        }
        catch (PosixException failure)
        {
            Leak = failure.Message + Remedy.For(failure);
            log.Warning("{Name}: the host stack sees received frames, too: {Reason}", name, Leak);
        }

        before?.Dispose();
    }

    private IDisposable Make()
    {
        using Fd program = PacketPrograms.KeepFromHost(_taken, queues);
        return hooks.Attach(program, device, Bpf.AttachIngress, $"attaching the program that keeps frames of {name} from the host");
    }
}

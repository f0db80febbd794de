using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Core.Device;

/// <summary>
/// One open of the device file: the same for all duplicates, forked and passed ones included. Unbound until REGISTER
/// succeeds; there is no way back but close.
/// </summary>
internal sealed class OpenFile(IPollWaker waker) : ISleeper
{
    private volatile Binding? _binding;
    private ulong _kernelHandle;
    private int _armed;

    /// <summary>Null while the file is unbound.</summary>
    internal Binding? Binding
    {
        get => _binding;
        set => _binding = value;
    }

    /// <summary>When a duplicate was closed last (Environment.TickCount64), 0 for never: a release may be on its way.</summary>
    internal long FlushedAt { get; set; }

    /// <summary>How long a poll of this file watches before it sleeps.</summary>
    internal WatchBudget Watch { get; } = new();

    /// <summary>Somebody is queued on the file: the next news make them poll again. Look again after arming, then sleep.</summary>
    internal void Arm(ulong kernelHandle)
    {
        Volatile.Write(ref _kernelHandle, kernelHandle);
        Interlocked.Exchange(ref _armed, 1);
    }

    /// <summary>Wakes once for each arming. A wake-up too many costs a poll, one too few would be for ever.</summary>
    public void Wake(RingDirection direction)
    {
        if (Volatile.Read(ref _armed) != 0 && Interlocked.Exchange(ref _armed, 0) != 0)
        {
            waker.WakePollers(Volatile.Read(ref _kernelHandle));
        }
    }
}

using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>What the front-end has said about one ring. It outlives resets of the guest's driver: what is missing comes later.</summary>
internal sealed class VhostRing(int number) : IDisposable
{
    /// <summary>Even rings are the guest's for receiving, odd ones for sending.</summary>
    internal bool IsReceive => number % 2 == 0;

    internal int Number => number;

    internal int Pair => number / 2;

    /// <summary>Descriptors; 0 for not said yet.</summary>
    internal uint Size { get; set; }

    /// <summary>Where it goes on when it is started.</summary>
    internal uint Base { get; set; }

    internal VirtqueuePlace? Place { get; set; }

    /// <summary>A kick descriptor came, or the word that there is none.</summary>
    internal bool IsStarted { get; set; }

    internal bool IsEnabled { get; set; }

    /// <summary>Readable when the guest has put something on the ring; null where it has to be looked at.</summary>
    internal ClientEventFd? Kick { get; set; }

    /// <summary>Where it is told that the ring makes no sense.</summary>
    internal ClientEventFd? Error { get; set; }

    public void Dispose()
    {
        Kick?.Dispose();
        Kick = null;
        Error?.Dispose();
        Error = null;
    }
}

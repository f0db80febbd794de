using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>Remembers what it was told.</summary>
internal sealed class PlayedDoorbell : Doorbell
{
    internal uint Tail { get; private set; }

    internal int Rings { get; private set; }

    internal override void Ring(uint tail)
    {
        Tail = tail;
        Rings++;
    }
}

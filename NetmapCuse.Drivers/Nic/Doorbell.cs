using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>How a chip is told that a ring has more for it. One call a batch.</summary>
internal abstract class Doorbell
{
    /// <param name="tail">The descriptor behind the last one that is the chip's.</param>
    internal abstract void Ring(uint tail);
}

/// <summary>A tail register.</summary>
internal sealed class TailDoorbell(RegisterSpace registers, uint offset) : Doorbell
{
    internal override void Ring(uint tail) => registers.Write32(offset, tail);
}

/// <summary>A register of eight bits with the same value each time.</summary>
internal sealed class PollDoorbell(RegisterSpace registers, uint offset, byte value) : Doorbell
{
    internal override void Ring(uint tail) => registers.Write8(offset, value);
}

/// <summary>A register of 32 bits with the same value each time.</summary>
internal sealed class KickDoorbell(RegisterSpace registers, uint offset, uint value) : Doorbell
{
    internal override void Ring(uint tail) => registers.Write32(offset, value);
}

/// <summary>The chip looks at the ring by itself.</summary>
internal sealed class NoDoorbell : Doorbell
{
    internal override void Ring(uint tail)
    {
    }
}

namespace NetmapCuse.Models;

/// <summary>Where a chip's interrupts go.</summary>
public interface IInterruptSink
{
    /// <summary>What the driver has turned on.</summary>
    InterruptMode Mode { get; }

    /// <summary>
    /// One interrupt: of vector 0 but for MSI-X. A level interrupt (INTx) is signalled once and masks itself: after
    /// <see cref="ChipModel.Unmasked"/> the chip signals it again if its cause still stands.
    /// </summary>
    void Signal(int vector);
}

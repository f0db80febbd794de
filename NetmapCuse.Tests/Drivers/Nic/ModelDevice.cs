using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Pci;
using NetmapCuse.Drivers.Vfio;
using NetmapCuse.Models;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>A model of a chip in place of a device that VFIO hands out.</summary>
internal sealed class ModelDevice : NicDevice
{
    private readonly ChipModel _chip;
    private readonly ModelInterrupts _interrupts = new();
    private readonly InterruptKind? _only;

    /// <param name="chip">The chip.</param>
    /// <param name="only">The one kind of interrupts that it is said to have; null: all that it has.</param>
    internal ModelDevice(ChipModel chip, InterruptKind? only = null)
    {
        _chip = chip;
        _only = only;
        chip.Memory = Memory;
        chip.Interrupts = _interrupts;
        Config = new ModelConfig(chip);
    }

    internal ModelMemory Memory { get; } = new();

    internal override string Address => _chip.Name;

    internal override PciConfig Config { get; }

    internal override IDmaSpace Dma => Memory;

    internal override RegisterSpace OpenBar(uint number) => new ModelRegisters(_chip, (int)number);

    internal override uint Vectors(InterruptKind kind) => _only is { } only && only != kind ? 0u : kind switch
    {
        InterruptKind.Wire => _chip.Identity.HasLine ? 1u : 0,
        InterruptKind.Message => _chip.Identity.HasMsi ? 1u : 0,
        InterruptKind.Messages => (uint)_chip.Identity.MsiXVectors,
        _ => 0,
    };

    internal override void Enable(InterruptKind kind, ReadOnlySpan<EventFd> signals) => _interrupts.Enable(kind, signals.ToArray());

    internal override void Disable(InterruptKind kind) => _interrupts.Disable();

    internal override void Unmask()
    {
        _interrupts.Unmask();
        _chip.Unmasked();
    }

    internal override bool Reset() => false;

    protected override void Dispose(bool disposing)
    {
        Config.IsMaster = false;
        _interrupts.Disable();
    }
}

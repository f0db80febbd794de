namespace NetmapCuse.Drivers.Nic;

/// <summary>What a chip can.</summary>
internal sealed record NicLimits
{
    internal required uint TxQueues { get; init; }

    internal required uint RxQueues { get; init; }

    internal required uint SlotsMax { get; init; }

    /// <summary>Numbers of slots are multiples of this.</summary>
    internal uint SlotsMultiple { get; init; } = 8;

    /// <summary>Numbers of slots are powers of two.</summary>
    internal bool SlotsArePowers { get; init; }

    /// <summary>The longest frame, Ethernet header and VLAN tag included, CRC not.</summary>
    internal required uint FrameMax { get; init; }

    /// <summary>Bits of an address that the chip can have for buffers.</summary>
    internal uint DmaBits { get; init; } = 64;

    /// <summary>One size of buffer for all queues: another one takes a restart.</summary>
    internal bool HasOneBufferSize { get; init; }

    /// <summary>Single queues start and stop beside running ones; otherwise the chip is restarted for that.</summary>
    internal bool SwitchesQueues { get; init; } = true;

    /// <summary>Receives a frame into several buffers.</summary>
    internal bool SplitsFrames { get; init; } = true;

    /// <summary>Takes an interrupt for each queue where it has MSI-X.</summary>
    internal bool UsesMessages { get; init; } = true;

    /// <summary>The number of slots that the chip can have and that is nearest to what is wanted.</summary>
    internal uint Slots(uint wanted)
    {
        uint slots = Math.Clamp(wanted, SlotsMultiple * 2, SlotsMax);
        return SlotsArePowers
            ? 1u << System.Numerics.BitOperations.Log2(slots)
            : slots / SlotsMultiple * SlotsMultiple;
    }
}

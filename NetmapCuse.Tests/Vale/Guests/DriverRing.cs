namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>The guest's side of a ring, as a driver has it: chains of buffers out, what was done with them back.</summary>
internal abstract unsafe class DriverRing(byte* memory, ulong place, ushort size)
{
    /// <summary>Bytes that any kind of ring of this size takes, tables for indirect descriptors included.</summary>
    internal const int PlaceBytes = 1 << 16;

    private protected const int DescriptorsAt = 0;
    private protected const int DriverAt = 0x4000;
    private protected const int DeviceAt = 0x8000;
    private protected const int TablesAt = 0xc000;

    internal ushort Size => size;

    internal ulong Descriptors => place + DescriptorsAt;

    internal ulong Driver => place + DriverAt;

    internal ulong Device => place + DeviceAt;

    /// <summary>SET_VRING_BASE of a new ring.</summary>
    internal abstract uint FirstBase { get; }

    private protected byte* At(ulong offset) => memory + place + offset;

    private protected ulong GuestAt(ulong offset) => TestGuest.GuestStart + place + offset;

    /// <summary>Makes a chain available.</summary>
    internal abstract void Add(IReadOnlyList<(ulong Guest, uint Length)> pieces, bool isWritten, bool isIndirect);

    /// <summary>The next chain that came back: in which order they were added, and the bytes written to it.</summary>
    internal abstract bool TryTake(out int chain, out uint written);

    /// <summary>Wants a call with the next chain that comes back, or none.</summary>
    internal abstract void WantCalls(bool want, bool byEvent);

    /// <summary>Whether the device wants a kick for the chains added since the last question.</summary>
    internal abstract bool TakeKickWanted(bool byEvent);
}

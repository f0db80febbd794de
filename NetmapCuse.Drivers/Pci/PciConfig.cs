namespace NetmapCuse.Drivers.Pci;

/// <summary>The configuration space of a PCI function (PCI Local Bus Specification 3.0, chapter 6).</summary>
internal abstract class PciConfig
{
    private const uint VendorAt = 0x00;
    private const uint DeviceAt = 0x02;
    private const uint CommandAt = 0x04;
    private const uint StatusAt = 0x06;
    private const uint RevisionAt = 0x08;
    private const uint CapabilitiesAt = 0x34;

    // Command register, 6.2.2
    private const uint MemorySpace = 1 << 1;
    private const uint BusMaster = 1 << 2;

    /// <summary>Status register: there is a list of capabilities, 6.2.3.</summary>
    private const uint HasCapabilities = 1 << 4;

    /// <summary>More capabilities do not fit in 256 bytes: a list that is longer goes in a circle.</summary>
    private const int CapabilitiesMax = 48;

    internal ushort Vendor => (ushort)Read(VendorAt, sizeof(ushort));

    internal ushort Device => (ushort)Read(DeviceAt, sizeof(ushort));

    internal byte Revision => (byte)Read(RevisionAt, sizeof(byte));

    /// <summary>The function may read and write memory by itself. It needs its registers for that, too.</summary>
    internal bool IsMaster
    {
        get => (Read(CommandAt, sizeof(ushort)) & BusMaster) != 0;
        set
        {
            uint command = Read(CommandAt, sizeof(ushort));
            command = value ? command | MemorySpace | BusMaster : command & ~BusMaster;
            Write(CommandAt, sizeof(ushort), command);
        }
    }

    /// <summary>Places of the capabilities of a kind, in the order of the list (6.7).</summary>
    internal IEnumerable<uint> Capabilities(byte kind)
    {
        if ((Read(StatusAt, sizeof(ushort)) & HasCapabilities) == 0)
        {
            yield break;
        }

        uint place = Read(CapabilitiesAt, sizeof(byte)) & ~3u;
        for (int i = 0; i < CapabilitiesMax && place != 0; i++)
        {
            if (Read(place, sizeof(byte)) == kind)
            {
                yield return place;
            }

            place = Read(place + 1, sizeof(byte)) & ~3u;
        }
    }

    /// <summary>Reads 1, 2 or 4 bytes; all ones where there is nothing.</summary>
    internal abstract uint Read(uint place, int bytes);

    /// <summary>Writes 1, 2 or 4 bytes.</summary>
    internal abstract void Write(uint place, int bytes, uint value);
}

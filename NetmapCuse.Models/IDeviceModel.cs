namespace NetmapCuse.Models;

/// <summary>The registers of a chip, as its driver sees them through the bus.</summary>
public interface IDeviceModel
{
    /// <summary>A read of 1, 2 or 4 bytes.</summary>
    uint ReadRegister(int bar, ulong offset, int bytes);

    /// <summary>A write of 1, 2 or 4 bytes; a write of 8 is two of 4, the lower one first.</summary>
    void WriteRegister(int bar, ulong offset, int bytes, uint value);
}

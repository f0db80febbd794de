namespace NetmapCuse.Core.Memory;

/// <summary>Which pages a shared mapping shows, whatever process has it at whatever address.</summary>
/// <param name="Device">The file system: major and minor number.</param>
/// <param name="Inode">The file.</param>
/// <param name="Offset">Bytes from its start, a multiple of the page size.</param>
internal readonly record struct MemoryIdentity(ulong Device, ulong Inode, ulong Offset)
{
    internal static ulong DeviceNumber(uint major, uint minor) => ((ulong)major << 32) | minor;
}

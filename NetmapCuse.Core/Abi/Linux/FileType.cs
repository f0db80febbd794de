namespace NetmapCuse.Core.Abi.Linux;

/// <summary>The file type in a mode (S_IFMT and its values, linux/stat.h).</summary>
internal static class FileType
{
    internal const uint Mask = 0xF000;
    internal const uint CharacterDevice = 0x2000;
    internal const uint Directory = 0x4000;
    internal const uint Regular = 0x8000;
    internal const uint Link = 0xA000;
    internal const uint Socket = 0xC000;

    /// <summary>The bits of a mode that chmod changes.</summary>
    internal const uint PermissionMask = 0xFFF;
}

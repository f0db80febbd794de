namespace NetmapCuse.Core.Abi.Linux;

/// <summary>open() flags of x86-64 (asm-generic/fcntl.h).</summary>
internal static class OpenFlags
{
    internal const int ReadOnly = 0;
    internal const int WriteOnly = 1;
    internal const int ReadWrite = 2;
    internal const int Create = 0x40;
    internal const int Exclusive = 0x80;
    internal const int NonBlock = 0x800;
    internal const int Directory = 0x10000;
    internal const int NoFollow = 0x20000;
    internal const int CloseOnExec = 0x80000;
    internal const int Path = 0x200000;
}

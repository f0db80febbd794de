using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Linux;

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoVector
{
    internal ulong Base;
    internal ulong Length;
}

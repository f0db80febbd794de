using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Drivers.Interop;

/// <summary>struct msghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal void* Name;
    internal ulong NameLength;
    internal IoVector* Parts;
    internal ulong PartCount;
    internal void* Control;
    internal ulong ControlLength;
    internal ulong Flags;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Drivers.Interop;

/// <summary>struct epoll_event (packed on x86-64).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct EpollEvent
{
    internal uint Events;
    internal ulong Data;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct nmreq_option, 24 bytes: the head of every option.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqOption
{
    internal const int Bytes = 24;

    /// <summary>Where nro_status stands in the head.</summary>
    internal const int StatusOffset = 12;

    /// <summary>nro_next: address of the next option in the caller, or 0.</summary>
    internal ulong Next;

    internal OptionType RequestType;

    /// <summary>nro_status: positive errno of this option, 0 if honoured. Written by the daemon.</summary>
    internal uint Status;

    /// <summary>nro_size: bytes of the whole option; counts for the event-fd option and the size limit only.</summary>
    internal ulong Size;
}

/// <summary>NETMAP_REQ_OPT_*: nro_reqtype.</summary>
internal enum OptionType : uint
{
    None = 0,
    ExtMem = 1,
    SyncLoopEventFds = 2,
    Csb = 3,
    SyncLoopMode = 4,
    Offsets = 5,

    /// <summary>NETMAP_REQ_OPT_MAX: a limit, not a type.</summary>
    Max = 6,
}

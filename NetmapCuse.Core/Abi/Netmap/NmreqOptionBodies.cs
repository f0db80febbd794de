using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct nmreq_opt_extmem behind its head, 72 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqExtMem
{
    /// <summary>nro_usrptr.</summary>
    internal ulong Address;

    /// <summary>nro_info: pools wanted; zeros are filled in.</summary>
    internal NmreqPoolsInfo Info;
}

/// <summary>struct nmreq_opt_csb behind its head, 16 bytes: two arrays in the caller, TX rings first, then RX.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqCsb
{
    /// <summary>csb_atok.</summary>
    internal ulong ToServer;

    /// <summary>csb_ktoa.</summary>
    internal ulong ToProgram;
}

/// <summary>struct nmreq_opt_sync_kloop_mode behind its head, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqSyncLoopMode
{
    /// <summary>NM_OPT_SYNC_KLOOP_DIRECT_TX | NM_OPT_SYNC_KLOOP_DIRECT_RX.</summary>
    internal const uint DirectMask = 0x3;

    internal uint Mode;
    internal uint Padding;
}

/// <summary>One entry of struct nmreq_opt_sync_kloop_eventfds, 8 bytes: descriptors of the caller, negative for none.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SyncLoopEventFds
{
    internal const int Bytes = 8;

    /// <summary>ioeventfd: the program signals the loop.</summary>
    internal int ToLoop;

    /// <summary>irqfd: the loop signals the program.</summary>
    internal int ToProgram;
}

/// <summary>struct nmreq_sync_kloop_start, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqSyncLoopStart
{
    internal const uint SleepMax = 1_000_000;

    internal uint SleepMicroseconds;
    internal uint Padding;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct nm_csb_atok, without its padding: one ring, application to server. Written by the program.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CsbToServer
{
    /// <summary>Bytes from one entry to the next, in both arrays; also their alignment.</summary>
    internal const int EntryBytes = 64;

    internal uint Head;
    internal uint Cur;

    /// <summary>appl_need_kick: the program wants to be signalled.</summary>
    internal uint NeedsKick;

    /// <summary>sync_flags: of no effect on the ports here.</summary>
    internal uint SyncFlags;
}

/// <summary>struct nm_csb_ktoa, without its padding: one ring, server to application. Written by the daemon.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CsbToProgram
{
    /// <summary>Where kern_need_kick stands.</summary>
    internal const int NeedsKickOffset = 8;

    internal uint HwCur;
    internal uint HwTail;

    /// <summary>kern_need_kick: the loop wants to be signalled.</summary>
    internal uint NeedsKick;
}

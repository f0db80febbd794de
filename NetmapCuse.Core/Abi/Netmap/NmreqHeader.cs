using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct nmreq_header, 88 bytes: the argument of NIOCCTRL.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqHeader
{
    internal ushort Version;
    internal RequestType RequestType;
    internal uint Reserved;
    internal Name64 Name;

    /// <summary>nr_options: address of the first option in the caller, or 0.</summary>
    internal ulong Options;

    /// <summary>nr_body: address of the body in the caller, or 0.</summary>
    internal ulong Body;
}

/// <summary>NETMAP_REQ_*: nr_reqtype.</summary>
internal enum RequestType : ushort
{
    None = 0,
    Register = 1,
    PortInfoGet = 2,
    ValeAttach = 3,
    ValeDetach = 4,
    ValeList = 5,
    PortHeaderSet = 6,
    PortHeaderGet = 7,
    ValeNewInterface = 8,
    ValeDeleteInterface = 9,
    ValePollingEnable = 10,
    ValePollingDisable = 11,
    PoolsInfoGet = 12,
    SyncLoopStart = 13,
    SyncLoopStop = 14,
    CsbEnable = 15,
}

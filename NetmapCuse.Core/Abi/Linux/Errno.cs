namespace NetmapCuse.Core.Abi.Linux;

/// <summary>
/// The errno values that the device answers with (asm-generic/errno-base.h, errno.h; equal on x86-64). Positive; the
/// transport negates them where the protocol wants it.
/// </summary>
internal static class Errno
{
    internal const int Ok = 0;
    internal const int Perm = 1;
    internal const int NoEnt = 2;
    internal const int Intr = 4;
    internal const int Io = 5;
    internal const int NxIo = 6;
    internal const int BadF = 9;
    internal const int Again = 11;
    internal const int NoMem = 12;
    internal const int Acces = 13;
    internal const int Fault = 14;
    internal const int Busy = 16;
    internal const int Exist = 17;
    internal const int NoDev = 19;
    internal const int NotDir = 20;
    internal const int IsDir = 21;
    internal const int Inval = 22;
    internal const int NFile = 23;
    internal const int NoTty = 25;
    internal const int NoSpc = 28;
    internal const int NoSys = 38;
    internal const int MsgSize = 90;
    internal const int OpNotSupp = 95;
    internal const int ConnAborted = 103;
    internal const int NotConn = 107;
    internal const int ConnRefused = 111;
    internal const int Canceled = 125;
}

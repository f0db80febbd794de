using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct cuse_init_out; "DEVNAME=name" and a zero byte follow it. Ten spare words end it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 72)]
internal struct CuseInitOut : IFuseOut
{
    internal uint Major;
    internal uint Minor;
    internal uint Unused;
    internal uint Flags;
    internal uint MaxRead;
    internal uint MaxWrite;

    /// <summary>0: the kernel chooses the device number.</summary>
    internal uint DeviceMajor;
    internal uint DeviceMinor;
}

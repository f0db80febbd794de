using System.Net.Sockets;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using Libc = NetmapCuse.Drivers.Interop.Libc;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>Frames sent on an interface as they are, with AF_PACKET.</summary>
internal static unsafe class RawLink
{
    private const int Packet = 17;
    private const int RawCloseOnExec = 3 | 0x80000;

    internal static void Send(NetworkNamespace place, string name, params byte[][] frames) => place.Run(() =>
    {
        using InterfaceControl control = new();
        using Fd socket = Libc.Socket(Packet, RawCloseOnExec, 0);
        Address address = new() { Family = Packet, Device = control.Index(name)!.Value, Length = 6 };
        foreach (byte[] frame in frames)
        {
            fixed (byte* start = frame)
            {
                if (Libc.SendTo(socket, start, (nuint)frame.Length, 0, &address, (uint)sizeof(Address)) < 0)
                {
                    throw new SocketException(Marshal.GetLastPInvokeError());
                }
            }
        }

        return 0;
    });

    /// <summary>struct sockaddr_ll.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Address
    {
        internal ushort Family;
        internal ushort Protocol;
        internal int Device;
        internal ushort Kind;
        internal byte PacketType;
        internal byte Length;
        internal ulong Hardware;
    }
}

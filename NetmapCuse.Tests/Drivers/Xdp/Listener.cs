using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using Libc = NetmapCuse.Drivers.Interop.Libc;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>Hears what the host stack receives on an interface, with AF_PACKET.</summary>
internal sealed unsafe class Listener : IDisposable
{
    private const int Packet = 17;
    private const int RawNonBlockingCloseOnExec = 3 | 0x800 | 0x80000;
    private const int AllProtocols = 0x0300;

    private readonly Fd _socket;
    private readonly byte[] _room = new byte[70000];

    internal Listener(NetworkNamespace place, string name) => _socket = place.Run(() =>
    {
        using InterfaceControl control = new();
        Fd socket = Libc.Socket(Packet, RawNonBlockingCloseOnExec, 0);
        Address address = new() { Family = Packet, Protocol = AllProtocols, Device = control.Index(name)!.Value };
        return Libc.Bind(socket, &address, (uint)sizeof(Address)) == 0 ? socket : throw PosixException.Last("listening");
    });

    /// <summary>Waits until a frame has been received.</summary>
    internal bool Await(byte[] frame) => SpinWait.SpinUntil(() => Receive(frame), TimeSpan.FromSeconds(20));

    public void Dispose() => _socket.Dispose();

    private bool Receive(byte[] frame)
    {
        fixed (byte* start = _room)
        {
            nint length;
            while ((length = Libc.Receive(_socket, start, (nuint)_room.Length, 0)) > 0)
            {
                if (_room.AsSpan(0, (int)length).SequenceEqual(frame))
                {
                    return true;
                }
            }
        }

        return false;
    }

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

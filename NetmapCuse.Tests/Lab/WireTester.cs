using System.Globalization;
using System.Net.Sockets;

namespace NetmapCuse.Tests.Lab;

/// <summary>
/// The far end of the wires of the lab's machine (scripts/lab --tester): answers the echo requests of ping, whoever they
/// are for. A datagram is a frame.
/// </summary>
internal sealed class WireTester : IDisposable
{
    private const int EtherTypeAt = 12;
    private const int ProtocolAt = 23;
    private const int TypeAt = 34;
    private const int ChecksumAt = 36;
    private const byte EchoRequest = 8;
    private const byte Icmp = 1;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lab-");
    private readonly List<Socket> _sockets = [];
    private int _answered;

    internal WireTester(int wires)
    {
        for (int i = 0; i < wires; i++)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(At("wire", i)));
            _sockets.Add(socket);
            UnixDomainSocketEndPoint guest = new(At("guest", i));
            new Thread(() => Answer(socket, guest)) { IsBackground = true, Name = "wire" }.Start();
        }
    }

    internal string Folder => _folder.FullName;

    /// <summary>Frames that went back.</summary>
    internal int Answered => Volatile.Read(ref _answered);

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _folder.Delete(recursive: true);
    }

    private string At(string name, int wire) =>
        Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{name}{wire}"));

    private void Answer(Socket socket, UnixDomainSocketEndPoint guest)
    {
        byte[] frame = new byte[2048];
        try
        {
            while (true)
            {
                int length = socket.Receive(frame);
                if (length > ChecksumAt + 1 && TurnAround(frame))
                {
                    socket.SendTo(frame.AsSpan(0, length), SocketFlags.None, guest);
                    Interlocked.Increment(ref _answered);
                }
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The test or the machine is at its end.
        }
    }

    private static bool TurnAround(Span<byte> frame)
    {
        if (frame[EtherTypeAt] != 8 || frame[EtherTypeAt + 1] != 0 || frame[ProtocolAt] != Icmp || frame[TypeAt] != EchoRequest)
        {
            return false;
        }

        Exchange(frame[..6], frame[6..12]);
        Exchange(frame[26..30], frame[30..34]);
        frame[TypeAt] = 0;

        // RFC 1624: the sum grows by what the type has lost, with the carry going around.
        int sum = ((frame[ChecksumAt] << 8) | frame[ChecksumAt + 1]) + (EchoRequest << 8);
        sum = (sum & 0xffff) + (sum >> 16);
        frame[ChecksumAt] = (byte)(sum >> 8);
        frame[ChecksumAt + 1] = (byte)sum;
        return true;
    }

    private static void Exchange(Span<byte> one, Span<byte> other)
    {
        Span<byte> kept = stackalloc byte[8];
        one.CopyTo(kept);
        other.CopyTo(one);
        kept[..one.Length].CopyTo(other);
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>Ordinary traffic of the two host stacks of a rig.</summary>
internal static class Traffic
{
    private const int EchoRequest = 8;
    private const int EchoReply = 0;
    private const int IpHeader = 20;

    /// <summary>Pings with random contents, one after the other.</summary>
    /// <returns>How many came back whole.</returns>
    internal static int Ping(NetworkNamespace from, string to, int bytes, int count)
    {
        using Socket socket = from.Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp));
        socket.ReceiveTimeout = 2000;
        IPEndPoint target = new(IPAddress.Parse(to), 0);
        byte[] room = new byte[65536];
        int good = 0;
        for (ushort number = 1; number <= count; number++)
        {
            byte[] message = new byte[8 + bytes];
            RandomNumberGenerator.Fill(message.AsSpan(8));
            message[0] = EchoRequest;
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), 0x4e4d);
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), number);
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)~Sum(message));
            socket.SendTo(message, target);
            good += AwaitReply(socket, room, message) ? 1 : 0;
        }

        return good;
    }

    /// <summary>A transfer of random bytes; true when the receiver's hash is the sender's.</summary>
    internal static bool Transfer(NetworkNamespace from, NetworkNamespace to, string address, int megabytes)
    {
        IPAddress target = IPAddress.Parse(address);
        using Socket listener = to.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(target, 0));
        listener.Listen(1);
        Task<byte[]> receiving = Task.Run(() => Receive(listener));
        using Socket sender = from.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        sender.SendTimeout = 30000;
        sender.Connect(listener.LocalEndPoint!);
        byte[] chunk = new byte[1 << 20];
        RandomNumberGenerator.Fill(chunk);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < megabytes; i++)
        {
            chunk[i] ^= (byte)i;
            sender.Send(chunk);
            hash.AppendData(chunk);
        }

        sender.Shutdown(SocketShutdown.Send);
        return receiving.Wait(TimeSpan.FromSeconds(60)) && receiving.Result.AsSpan().SequenceEqual(hash.GetHashAndReset());
    }

    /// <summary>Datagrams one after the other; how many arrive whole.</summary>
    internal static int Datagrams(NetworkNamespace from, NetworkNamespace to, string address, int bytes, int count)
    {
        IPAddress target = IPAddress.Parse(address);
        using Socket receiver = to.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        receiver.ReceiveTimeout = 2000;
        receiver.Bind(new IPEndPoint(target, 0));
        using Socket sender = from.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        byte[] message = new byte[bytes];
        byte[] room = new byte[65536];
        int good = 0;
        for (int i = 0; i < count; i++)
        {
            RandomNumberGenerator.Fill(message);
            sender.SendTo(message, receiver.LocalEndPoint!);
            try
            {
                int length = receiver.Receive(room);
                good += room.AsSpan(0, length).SequenceEqual(message) ? 1 : 0;
            }
            catch (SocketException late) when (late.SocketErrorCode == SocketError.TimedOut)
            {
            }
        }

        return good;
    }

    private static byte[] Receive(Socket listener)
    {
        using Socket socket = listener.Accept();
        socket.ReceiveTimeout = 30000;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] room = new byte[1 << 18];
        int length;
        while ((length = socket.Receive(room)) > 0)
        {
            hash.AppendData(room.AsSpan(0, length));
        }

        return hash.GetHashAndReset();
    }

    private static bool AwaitReply(Socket socket, byte[] room, byte[] request)
    {
        try
        {
            while (true)
            {
                int length = socket.Receive(room);
                Span<byte> reply = room.AsSpan(IpHeader, Math.Max(length - IpHeader, 0));
                if (reply.Length >= 8 && reply[0] == EchoReply && reply[4..8].SequenceEqual(request.AsSpan(4, 4)))
                {
                    return reply[8..].SequenceEqual(request.AsSpan(8));
                }
            }
        }
        catch (SocketException late) when (late.SocketErrorCode == SocketError.TimedOut)
        {
            return false;
        }
    }

    private static ushort Sum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (int i = 0; i < data.Length; i++)
        {
            sum += (uint)data[i] << ((i & 1) == 0 ? 8 : 0);
        }

        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        return (ushort)sum;
    }
}

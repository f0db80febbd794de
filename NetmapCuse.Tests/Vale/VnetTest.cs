using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Vale;

/// <summary>Clients with virtio-net headers.</summary>
public abstract class VnetTest(DeviceFixture device) : DeviceTest(device)
{
    protected const int A = 1;
    protected const int B = 2;

    /// <summary>The port "vale0:name" with this header.</summary>
    private protected NetmapClient OpenPort(string name, int header, uint slots = 0)
    {
        NetmapClient client = Open().Register(
            $"vale0:{name}",
            new NmreqRegister { Flags = RegisterFlags.AcceptVnetHeader, TxSlots = slots, RxSlots = slots });
        if (header != 0)
        {
            SetHeader($"vale0:{name}", (uint)header).Should().Be(Errno.Ok);
        }

        return client;
    }

    protected int SetHeader(string name, uint length)
    {
        NmreqPortHeader body = new() { HeaderLength = length };
        return Open().Control(RequestType.PortHeaderSet, name, ref body);
    }

    /// <summary>Sends one packet in slots of these lengths; the last takes what is left.</summary>
    private protected static void SendPieces(NetmapClient client, byte[] packet, params int[] lengths)
    {
        int start = 0;
        foreach (int length in lengths)
        {
            client.Tx.Put(packet.AsSpan(start, length), SlotFlags.MoreFragments);
            start += length;
        }

        client.Tx.Put(packet.AsSpan(start));
        client.TxSync().Should().Be(0);
    }

    /// <summary>Sends one packet in as few slots as it needs.</summary>
    private protected static void SendWhole(NetmapClient client, byte[] packet) =>
        SendPieces(client, packet, [.. Enumerable.Repeat(2048, (packet.Length - 1) / 2048)]);

    /// <summary>Reads all slots that have arrived.</summary>
    private protected static List<(byte[] Data, SlotFlags Flags)> ReceiveSlots(NetmapClient client)
    {
        client.RxSync().Should().Be(0);
        List<(byte[] Data, SlotFlags Flags)> slots = [];
        while (client.Rx.Ready != 0)
        {
            slots.Add(client.Rx.Take());
        }

        client.RxSync().Should().Be(0);
        return slots;
    }
}

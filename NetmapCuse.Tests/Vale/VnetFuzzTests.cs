using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Vale;

/// <summary>Senders that write anything in headers, slots and pointers, to receivers of every kind.</summary>
public sealed class VnetFuzzTests
{
    private const int Rounds = 3000;
    private const int Mark = 0x3c;

    [Theory]
    [InlineData(12, 1)]
    [InlineData(10, 2)]
    [InlineData(0, 3)]
    public void Receivers_get_what_fits_and_nothing_else_is_written(int header, int seed)
    {
        using DirectDevice device = new();
        using Receiver plain = new(device, "vale0:plain", 0, 0);
        using Receiver ten = new(device, "vale0:ten", 10, 100);
        using Receiver twelve = new(device, "vale0:twelve", 12, 0);
        using Receiver shifted = new(device, "vale0:shifted", 0, 2000);
        Receiver[] receivers = [plain, ten, twelve, shifted];
        using Receiver sender = new(device, "vale0:sender", header, 2048);
        Random random = new(seed);

        for (int round = 0; round < Rounds; round++)
        {
            Send(sender.Client, random, header);
            foreach (Receiver receiver in receivers)
            {
                receiver.TakeAll(random);
            }
        }

        receivers.Should().AllSatisfy(receiver => receiver.Frames.Should().BeGreaterThan(Rounds / 20));
    }

    /// <summary>One packet: mostly a good one with some bytes and words changed.</summary>
    private static void Send(NetmapClient client, Random random, int header)
    {
        Packet packet = new()
        {
            Destination = Frames.Broadcast,
            IsIPv6 = random.Next(2) == 0,
            IsUdp = random.Next(2) == 0,
            VlanTags = random.Next(4) == 0 ? random.Next(70) : 0,
            IPv4Options = random.Next(3) == 0 ? random.Next(11) : 0,
            TcpOptions = random.Next(3) == 0 ? random.Next(11) : 0,
            Payload = random.Next(random.Next(2) == 0 ? 100 : 20000),
        };
        byte[] vnet = packet.Header(random.Next(2), random.Next(2) == 0 ? packet.Gso : 0);
        byte[] bytes = [.. vnet[..header], .. packet.ToBytes()];
        for (int i = random.Next(4); i > 0; i--)
        {
            bytes[random.Next(random.Next(2) == 0 ? Math.Max(header, 1) : bytes.Length)] = (byte)random.Next();
        }

        int done = 0;
        while (done < bytes.Length)
        {
            ref NetmapSlot slot = ref client.Tx.Slot(client.Tx.Head);
            int offset = random.Next(4) == 0 ? random.Next(2048) : 0;
            int length = Math.Min(bytes.Length - done, random.Next(3) == 0 ? random.Next(200) : 2048 - offset);
            bytes.AsSpan(done, Math.Min(length, 2048 - offset)).CopyTo(client.Tx.Buffer(slot.BufferIndex)[offset..]);
            done += length;
            slot.Pointer = random.Next(100) == 0 ? 0xffff : (ulong)offset;
            slot.Length = (ushort)(random.Next(200) == 0 ? random.Next(65536) : length);
            slot.Flags = done < bytes.Length ? SlotFlags.MoreFragments : SlotFlags.None;
            client.Tx.Advance(1);
        }

        client.TxSync().Should().Be(0);
    }

    /// <summary>A client with a header and with offsets, whose buffers are marked wherever no packet is.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly ulong _max;

        internal Receiver(DirectDevice device, string name, int header, ulong max)
        {
            _max = max;
            Client = device.Open();
            using OffsetsOption option = new(max, 0, 16);
            Client.TryRegister(
                name,
                new NmreqRegister { Flags = RegisterFlags.AcceptVnetHeader, RxSlots = 64 },
                max == 0 ? 0 : option.Address).Should().Be(0);
            NmreqPortHeader body = new() { HeaderLength = (uint)header };
            Client.Control(RequestType.PortHeaderSet, name, ref body).Should().Be(0);
            for (uint i = 0; i < Client.Rx.NumSlots; i++)
            {
                Client.Rx.Buffer(Client.Rx.Slot(i).BufferIndex).Fill(Mark);
            }
        }

        internal NetmapClient Client { get; }

        internal int Frames { get; private set; }

        public void Dispose() => Client.Dispose();

        internal void TakeAll(Random random)
        {
            Client.RxSync().Should().Be(0);
            ClientRing ring = Client.Rx;
            for (; ring.Ready != 0; ring.Advance(1))
            {
                ref NetmapSlot slot = ref ring.Slot(ring.Head);
                Span<byte> buffer = ring.Buffer(slot.BufferIndex);
                int offset = (int)Math.Min(slot.Pointer & 0xffff, _max);
                (offset + slot.Length).Should().BeLessThanOrEqualTo(buffer.Length);
                buffer[..offset].IndexOfAnyExcept((byte)Mark).Should().Be(-1);
                buffer[(offset + slot.Length)..].IndexOfAnyExcept((byte)Mark).Should().Be(-1);
                buffer.Fill(Mark);
                slot.Pointer = _max == 0 ? 0 : (ulong)random.Next(65536);
                Frames += (slot.Flags & SlotFlags.MoreFragments) == 0 ? 1 : 0;
            }

            Client.RxSync().Should().Be(0);
        }
    }
}

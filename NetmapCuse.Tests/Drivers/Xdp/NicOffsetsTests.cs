using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Drivers.Packet;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>Packets at offsets on real interfaces (reference/netmap-behaviour.md section 17).</summary>
[Collection("real interfaces")]
public sealed class NicOffsetsTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    private const int Ours = 0x88b5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_pass_between_slots_of_different_offsets(bool byPacketSockets)
    {
        using VethRig rig = new();
        using Fd? inA = byPacketSockets ? PacketTests.Occupy(rig.A, "a0") : null;
        using Fd? inB = byPacketSockets ? PacketTests.Occupy(rig.B, "b0") : null;
        NetmapClient a = rig.A.Run(() => Bind("a0", initial: 0));
        NetmapClient b = rig.B.Run(() => Bind("b0", initial: 300));
        device.Status("a0").StartsWith("af_packet", StringComparison.Ordinal).Should().Be(byPacketSockets);
        List<byte[]> frames = [.. Enumerable.Range(0, 2000)
            .Select(i => Frames.Make(Frames.Broadcast, 1, 60 + (i * 7919 % 1455), i))];
        List<byte[]> received = [];
        uint offset = 0;
        foreach (byte[][] batch in frames.Chunk(40))
        {
            foreach (byte[] frame in batch)
            {
                offset = (offset + 37) % 531;
                Put(a.Tx, frame, offset);
            }

            a.TxSync().Should().Be(0);
            int wanted = received.Count + batch.Length;
            SpinWait.SpinUntil(() => Drain(b, received) >= wanted, TimeSpan.FromSeconds(20)).Should().BeTrue();
        }

        received.Zip(frames).Should().OnlyContain(pair => pair.First.SequenceEqual(pair.Second));
    }

    private NetmapClient Bind(string name, ulong initial)
    {
        using OffsetsOption option = new(530, initial, 16);
        NetmapClient client = Open();
        client.TryRegister(name, options: option.Address).Should().Be(0);
        return client;
    }

    private static void Put(ClientRing ring, byte[] frame, uint offset)
    {
        ref NetmapSlot slot = ref ring.Slot(ring.Head);
        slot.Pointer = offset;
        slot.Length = (ushort)frame.Length;
        slot.Flags = SlotFlags.None;
        frame.CopyTo(ring.Buffer(slot.BufferIndex)[(int)offset..]);
        ring.Advance(1);
    }

    /// <summary>Takes our frames and gives each slot another offset for the next time. Returns how many there are now.</summary>
    private static int Drain(NetmapClient client, List<byte[]> frames)
    {
        client.RxSync();
        while (client.Rx.Ready != 0)
        {
            ref NetmapSlot slot = ref client.Rx.Slot(client.Rx.Head);
            byte[] frame = client.Rx.Buffer(slot.BufferIndex).Slice((int)slot.Pointer, slot.Length).ToArray();
            slot.Pointer = (slot.Pointer + 101) % 531;
            client.Rx.Advance(1);
            if (frame.Length > 14 && ((frame[12] << 8) | frame[13]) == Ours)
            {
                frames.Add(frame);
            }
        }

        return frames.Count;
    }
}

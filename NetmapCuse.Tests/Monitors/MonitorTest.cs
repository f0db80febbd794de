using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Monitors;

/// <summary>Ports, monitors and what tests of both need.</summary>
public abstract class MonitorTest(DeviceFixture device) : DeviceTest(device)
{
    private protected const int In = (int)PollEvents.In;
    private protected const int Out = (int)PollEvents.Out;
    private protected const int Error = (int)PollEvents.Error;
    private protected const RegisterFlags Rx = RegisterFlags.MonitorRx;
    private protected const RegisterFlags Tx = RegisterFlags.MonitorTx;
    private protected const RegisterFlags ZeroCopy = RegisterFlags.ZeroCopyMonitor;

    private protected NetmapClient Port(string name, uint slots = 64, ushort rings = 1) => Open().Register(
        name, new NmreqRegister { TxSlots = slots, RxSlots = slots, TxRings = rings, RxRings = rings });

    private protected NetmapClient Monitor(string name, RegisterFlags flags, uint slots = 0) => Open().Register(
        name, new NmreqRegister { Flags = flags, TxSlots = slots, RxSlots = slots });

    private protected static byte[] Frame(int seed, int length = 60) => Frames.Make(Frames.Broadcast, 1, length, seed);

    private protected static byte[][] Batch(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(seed => Frame(seed))];

    /// <summary>Syncs and reads all slots with their flags.</summary>
    private protected static List<(byte[] Data, SlotFlags Flags)> Slots(NetmapClient client, int ring = 0)
    {
        client.RxSync();
        List<(byte[] Data, SlotFlags Flags)> slots = [];
        while (client.RxRings[ring]!.Ready != 0)
        {
            slots.Add(client.RxRings[ring]!.Take());
        }

        client.RxSync();
        return slots;
    }

    /// <summary>Free buffers, those in limbo and all others of a client's region, after the books were checked.</summary>
    private protected (uint Free, uint Charged, uint Limbo) Audit(NetmapClient client)
    {
        DeviceBooks.Audit(Device.Device);
        return Look(client, region => region.Buffers.Audit());
    }

    private protected T Look<T>(NetmapClient client, Func<Region, T> look) =>
        Device.Device.Plane.Inspect(ports => look(ports.Regions.Find(client.Reg.MemoryId)!));
}

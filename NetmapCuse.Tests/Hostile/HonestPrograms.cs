using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Hostile;

/// <summary>
/// Programs on ports that share one region: they open and close in any order, take extra buffers, and exchange buffers
/// between slots and with their lists, as bridges and load balancers do.
/// </summary>
internal sealed class HonestPrograms
{
    private const int OpenMax = 9;

    private readonly DirectDevice _device;
    private readonly Random _random;
    private readonly NetmapClient _keeper;
    private readonly List<NetmapClient> _open = [];

    internal HonestPrograms(DirectDevice device, Random random)
    {
        _device = device;
        _random = random;
        _keeper = device.Open().Register("vale0:keeper", new NmreqRegister { TxSlots = 8, RxSlots = 8 });
    }

    internal void Step()
    {
        switch (_random.Next(6))
        {
            case 0 when _open.Count < OpenMax:
                Open();
                break;
            case 1 when _open.Count > 0:
                NetmapClient closed = _open[_random.Next(_open.Count)];
                _open.Remove(closed);
                closed.Dispose();
                break;
            case 2:
                SwapWithList();
                break;
            default:
                SwapSlots();
                break;
        }
    }

    /// <summary>All buffers that anybody has: in the slots of each ring once, and in the lists.</summary>
    internal List<uint> Buffers() =>
    [
        .. Rings().SelectMany(ring => ring.Buffers()),
        .. _open.SelectMany(client => client.ExtraBuffers()),
    ];

    internal void CloseAll()
    {
        _open.ForEach(client => client.Dispose());
        _keeper.Dispose();
    }

    private void Open()
    {
        NetmapClient client = _device.Open();
        _open.Add(client);
        client.Register($"vale0:{_random.Next(6)}", new NmreqRegister
        {
            MemoryId = _keeper.Reg.MemoryId,
            TxSlots = 8,
            RxSlots = 8,
            ExtraBuffers = (uint)(_random.Next(3) == 0 ? _random.Next(1, 6) : 0),
        });
    }

    /// <summary>Each ring of each port once, though several programs may have it.</summary>
    private unsafe ClientRing[] Rings() =>
    [
        .. _open.Append(_keeper).SelectMany(client => client.TxRings.Concat(client.RxRings))
            .Where(ring => ring is not null).Select(ring => ring!).DistinctBy(ring => (nint)ring.Shared),
    ];

    private void SwapSlots()
    {
        ClientRing[] rings = Rings();
        ref NetmapSlot a = ref rings[_random.Next(rings.Length)].Slot((uint)_random.Next(8));
        ref NetmapSlot b = ref rings[_random.Next(rings.Length)].Slot((uint)_random.Next(8));
        (a.BufferIndex, b.BufferIndex) = (b.BufferIndex, a.BufferIndex);
    }

    /// <summary>Puts the first buffer of a list in a slot, and the slot's buffer in front of the list.</summary>
    private unsafe void SwapWithList()
    {
        ClientRing[] rings = Rings();
        ref NetmapSlot slot = ref rings[_random.Next(rings.Length)].Slot((uint)_random.Next(8));
        if (_open.Find(client => client.Interface->BuffersHead != 0) is not { } owner)
        {
            return;
        }

        uint first = owner.Interface->BuffersHead;
        uint next = MemoryMarshal.Read<uint>(rings[0].Buffer(first));
        MemoryMarshal.Write(rings[0].Buffer(slot.BufferIndex), next);
        owner.Interface->BuffersHead = slot.BufferIndex;
        slot.BufferIndex = first;
    }
}

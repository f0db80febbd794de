using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Hostile;

/// <summary>
/// A program that does anything that can be done with a device: opens, registers, closes, syncs, polls, and writes any
/// values into the memory that is its own. Every step follows from the two numbers that it is given.
/// </summary>
internal sealed class HostileProgram(DirectDevice device)
{
    private const int FilesMax = 8;

    /// <summary>Names that collide, share regions and are parents of each other; none on the switch of the witnesses.</summary>
    private static readonly string[] s_names =
    [
        "vale0:a", "vale0:b", "vale1:a", "vale0:a{1", "vale0:a}1", "vale0:a{2", "vale0:b}1", "vale0:a{1{x", "vale0:a}1}x",
        "none{1", "none}1", "none", "null", "valley", "vale0:ifx0",
    ];

    private readonly List<NetmapClient> _open = [];

    internal void Step(int action, int number)
    {
        Random random = new((action * 31) + number);
        switch (action % 8)
        {
            case 0:
                Open(random);
                break;
            case 1 when _open.Count != 0:
                NetmapClient closed = Pick(random);
                _open.Remove(closed);
                closed.Dispose();
                break;
            case 2 or 3 when _open.Count != 0:
                Scribble(Pick(random), random);
                break;
            case 4 when _open.Count != 0:
                Swap(random);
                break;
            case 5 when _open.Count != 0:
                Pick(random).TxSync();
                break;
            case 6 when _open.Count != 0:
                Pick(random).RxSync();
                break;
            case 7 when _open.Count != 0:
                Pick(random).Poll(random.Next(8));
                break;
        }
    }

    internal void CloseAll()
    {
        _open.ForEach(client => client.Dispose());
        _open.Clear();
    }

    private NetmapClient Pick(Random random) => _open[random.Next(_open.Count)];

    private void Open(Random random)
    {
        if (_open.Count >= FilesMax)
        {
            return;
        }

        NetmapClient client = device.Open();
        string name = s_names[random.Next(s_names.Length)];
        _open.Add(client);
        client.TryRegister(name, new NmreqRegister
        {
            Mode = name == "null" ? RegisterMode.Null : random.Next(5) == 0 ? RegisterMode.OneNic : RegisterMode.AllNic,
            RingId = (ushort)random.Next(3),
            MemoryId = (ushort)(name == "null" ? 1 : random.Next(6) == 0 ? random.Next(5) : 0),
            TxRings = (ushort)random.Next(4),
            RxRings = (ushort)random.Next(4),
            TxSlots = (uint)random.Next(1, 20),
            RxSlots = (uint)random.Next(1, 20),
            ExtraBuffers = random.Next(3) == 0 ? (uint)random.Next(10) : 0,
            Flags = (RegisterFlags)(random.Next(16) << 11),
        });
    }

    private static unsafe void Scribble(NetmapClient client, Random random)
    {
        ClientRing[] rings = RingsOf(client);
        if (rings.Length == 0)
        {
            return;
        }

        ClientRing ring = rings[random.Next(rings.Length)];
        switch (random.Next(9))
        {
            case 0:
                ring.Head = Number(random);
                break;
            case 1:
                ring.Cur = Number(random);
                break;
            case 2:
                ring.Tail = Number(random);
                break;
            case 3:
                ring.Shared->NumSlots = Number(random);
                ring.Shared->BufferOffset = random.NextInt64();
                ring.Shared->BufferSize = Number(random);
                break;
            case 4 when client.Interface != null:
                client.Interface->BuffersHead = Number(random);
                break;
            case 5:
                ring.Cur = ring.Head = ring.Tail;
                break;
            default:
                ref NetmapSlot slot = ref ring.Slot((uint)random.Next(1, 20) - 1);
                slot.BufferIndex = random.Next(3) == 0 ? Number(random) : slot.BufferIndex;
                slot.Length = random.Next(3) == 0 ? (ushort)Number(random) : (ushort)random.Next(14, 100);
                slot.Flags = (SlotFlags)random.Next(65536);
                slot.Pointer = random.Next(3) == 0 ? 0 : (ulong)random.NextInt64();
                break;
        }
    }

    /// <summary>What honest programs do: exchanges buffers of two slots, of rings of one region or of two.</summary>
    private void Swap(Random random)
    {
        ClientRing[] rings = [.. RingsOf(Pick(random)), .. RingsOf(Pick(random))];
        if (rings.Length == 0)
        {
            return;
        }

        ref NetmapSlot a = ref rings[random.Next(rings.Length)].Slot(0);
        ref NetmapSlot b = ref rings[random.Next(rings.Length)].Slot(0);
        (a.BufferIndex, b.BufferIndex) = (b.BufferIndex, a.BufferIndex);
    }

    private static ClientRing[] RingsOf(NetmapClient client) =>
        [.. client.TxRings.Concat(client.RxRings).Where(ring => ring is not null)!];

    /// <summary>Numbers that are nearly right do more harm than random ones.</summary>
    private static uint Number(Random random) => random.Next(4) switch
    {
        0 => (uint)random.Next(20),
        1 => (uint)random.Next(5000),
        2 => uint.MaxValue - (uint)random.Next(3),
        _ => (uint)random.NextInt64(1L << 32),
    };
}

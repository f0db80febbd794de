using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Bench;

/// <summary>A client inside the process: registers by the legacy ioctl and works on the rings in the device's memory.</summary>
internal sealed unsafe class BenchPort
{
    private readonly NetmapDevice _device;
    private readonly ulong _handle;
    private readonly Caller _caller = new(Environment.ProcessId, 0, 0);

    internal BenchPort(NetmapDevice device, MappedMemory memory, string name, uint slots)
    {
        _device = device;
        device.Open(_caller, out _handle);
        Nmreq request = new() { Version = NetmapApi.Version, TxSlots = slots, RxSlots = slots };
        WireName.Write(request.Name, name);
        Span<byte> data = MemoryMarshal.AsBytes(new Span<Nmreq>(ref request));
        IoctlCall call = new(_handle, NetmapApi.NiocRegIf, 0, data, _caller, null);
        int result = device.Ioctl(ref call);
        if (result != 0)
        {
            throw new InvalidOperationException($"{name}: errno {-result}");
        }

        byte* nifp = memory.Address + request.Offset;
        long* offsets = (long*)(nifp + NetmapIf.Bytes);
        Tx = (NetmapRing*)(nifp + offsets[0]);
        Rx = (NetmapRing*)(nifp + offsets[2]);
    }

    internal NetmapRing* Tx { get; }

    internal NetmapRing* Rx { get; }

    internal static NetmapSlot* Slots(NetmapRing* ring) => (NetmapSlot*)((byte*)ring + NetmapRing.Bytes);

    /// <summary>Puts the same frame in every slot: destination 2, source 1, of this length.</summary>
    internal void FillTx(ushort length)
    {
        for (uint i = 0; i < Tx->NumSlots; i++)
        {
            NetmapSlot* slot = Slots(Tx) + i;
            slot->Length = length;
            byte* data = (byte*)Tx + Tx->BufferOffset + ((ulong)slot->BufferIndex * Tx->BufferSize);
            Unsafe.InitBlock(data, 0, length);
            data[5] = 2;
            data[11] = 1;
        }
    }

    /// <summary>Hands <paramref name="frames"/> slots over and syncs.</summary>
    internal void Send(uint frames)
    {
        uint head = Tx->Head + frames;
        Tx->Head = Tx->Cur = head >= Tx->NumSlots ? head - Tx->NumSlots : head;
        Sync(NetmapApi.NiocTxSync);
    }

    /// <summary>Syncs, takes everything, and gives it back.</summary>
    internal uint Receive()
    {
        Sync(NetmapApi.NiocRxSync);
        uint got = (Rx->Tail + Rx->NumSlots - Rx->Head) % Rx->NumSlots;
        Rx->Head = Rx->Cur = Rx->Tail;
        Sync(NetmapApi.NiocRxSync);
        return got;
    }

    internal void Sync(uint command)
    {
        IoctlCall call = new(_handle, command, 0, [], _caller, null);
        _device.Ioctl(ref call);
    }
}

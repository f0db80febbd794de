using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Core.Rings;

/// <summary>CSB arrays in shared memory of a process, mapped here, too.</summary>
internal sealed unsafe class MappedCsb : CsbMemory
{
    private readonly ExternalMemory _toServerMemory;
    private readonly ExternalMemory _toProgramMemory;
    private readonly byte* _toServer;
    private readonly byte* _toProgram;

    private MappedCsb(ExternalMemory toServer, ExternalMemory toProgram, in NmreqCsb addresses)
    {
        _toServerMemory = toServer;
        _toProgramMemory = toProgram;
        _toServer = toServer.Address + InPage(addresses.ToServer);
        _toProgram = toProgram.Address + InPage(addresses.ToProgram);
    }

    /// <summary>Null when either array lies in memory that cannot be shared.</summary>
    internal static MappedCsb? TryOpen(ClientProcess client, in NmreqCsb addresses, ulong bytes)
    {
        if (TryOpen(client, addresses.ToServer, bytes) is not { } toServer)
        {
            return null;
        }

        if (TryOpen(client, addresses.ToProgram, bytes) is not { } toProgram)
        {
            toServer.Dispose();
            return null;
        }

        return new MappedCsb(toServer, toProgram, addresses);
    }

    internal override bool TryRead(int entry, out CsbWords words)
    {
        CsbToServer* from = (CsbToServer*)(_toServer + At(entry));
        uint head = Volatile.Read(ref from->Head);
        uint cur = Volatile.Read(ref from->Cur);
        words = new CsbWords(head, cur, Volatile.Read(ref from->NeedsKick) != 0);
        return true;
    }

    internal override bool TryWrite(int entry, uint hwCur, uint hwTail)
    {
        CsbToProgram* to = (CsbToProgram*)(_toProgram + At(entry));
        Volatile.Write(ref to->HwCur, hwCur);
        Volatile.Write(ref to->HwTail, hwTail);
        Interlocked.MemoryBarrier();
        return true;
    }

    internal override bool TrySetKick(int entry, bool wanted)
    {
        CsbToProgram* to = (CsbToProgram*)(_toProgram + At(entry));
        Volatile.Write(ref to->NeedsKick, wanted ? 1u : 0);
        Interlocked.MemoryBarrier();
        return true;
    }

    public override void Dispose()
    {
        _toServerMemory.Dispose();
        _toProgramMemory.Dispose();
    }

    private static ExternalMemory? TryOpen(ClientProcess client, ulong address, ulong bytes) => client.Look(folder =>
    {
        _ = ExternalMemory.TryOpen(folder, address, bytes + InPage(address), out ExternalMemory? memory);
        return memory;
    });

    private static ulong InPage(ulong address) => address % RegionLayout.Page;

    private static ulong At(int entry) => (ulong)entry * CsbToServer.EntryBytes;
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// CSB arrays in private memory of the process whose thread waits in START.
/// </summary>
internal sealed class RemoteCsb(CallerMemory memory, NmreqCsb addresses) : CsbMemory
{
    internal override bool TryRead(int entry, out CsbWords words)
    {
        CsbToServer read = default;
        bool good = memory.TryReadInOrder(
            addresses.ToServer + At(entry), MemoryMarshal.AsBytes(new Span<CsbToServer>(ref read)), sizeof(uint));
        words = new CsbWords(read.Head, read.Cur, read.NeedsKick != 0);
        return good;
    }

    internal override bool TryWrite(int entry, uint hwCur, uint hwTail)
    {
        Span<uint> words = [hwCur, hwTail];
        return memory.TryStoreInOrder(
            addresses.ToProgram + At(entry), MemoryMarshal.AsBytes(words), sizeof(uint));
    }

    internal override bool TrySetKick(int entry, bool wanted)
    {
        uint value = wanted ? 1u : 0;
        bool written = memory.TryStore(
            addresses.ToProgram + At(entry) + CsbToProgram.NeedsKickOffset,
            MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));
        Interlocked.MemoryBarrier();
        return written;
    }

    public override void Dispose()
    {
    }

    private static ulong At(int entry) => (ulong)entry * CsbToServer.EntryBytes;
}

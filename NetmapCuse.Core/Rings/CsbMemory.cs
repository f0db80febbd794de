using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// The two CSB arrays of a program, for as long as one sync loop runs. The order of 16.2 of the reference: head is read
/// before cur, hwcur is written before hwtail. False everywhere means that the memory is gone.
/// </summary>
internal abstract class CsbMemory : IDisposable
{
    /// <summary>
    /// Maps the arrays when both are shared memory of the caller, else reads and writes them remotely, which costs a
    /// system call each time.
    /// </summary>
    internal static CsbMemory Open(ClientProcess client, in NmreqCsb addresses, int entries)
    {
        ulong bytes = (ulong)entries * CsbToServer.EntryBytes;
        return MappedCsb.TryOpen(client, addresses, bytes) ?? (CsbMemory)new RemoteCsb(client.Memory, addresses);
    }

    internal abstract bool TryRead(int entry, out CsbWords words);

    internal abstract bool TryWrite(int entry, uint hwCur, uint hwTail);

    /// <summary>kern_need_kick. A full barrier follows, so that a read comes after it.</summary>
    internal abstract bool TrySetKick(int entry, bool wanted);

    public abstract void Dispose();
}

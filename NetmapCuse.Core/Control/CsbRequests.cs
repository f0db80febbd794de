using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Control;

/// <summary>
/// CSB mode, entered by an option of REGISTER or by CSB_ENABLE (reference/netmap-behaviour.md section 16.1): from then on
/// the program exchanges its indexes in two arrays of its own, and only a sync loop looks at them.
/// </summary>
internal static class CsbRequests
{
    /// <summary>The option of a request that can have one.</summary>
    internal static OptionChain.Option? OptionOf(ControlRequest request) =>
        request.Type is RequestType.Register or RequestType.CsbEnable ? request.Options.Find(OptionType.Csb) : null;

    /// <summary>What can be said without looking at the caller's memory.</summary>
    /// <param name="file">The file.</param>
    /// <param name="of">Its binding, or the one that it is about to get.</param>
    /// <param name="binding">The rings, or null when there is nothing to do: none is bound.</param>
    internal static int Check(OpenFile file, Binding? of, out Binding? binding)
    {
        binding = of is { } bound && bound.Tx.Length + bound.Rx.Length != 0 ? bound : null;
        return file.Loop is not null ? Errno.Busy
            : binding is { IsExclusive: false } ? Errno.Inval
            : Errno.Ok;
    }

    /// <summary>
    /// Checks the arrays and writes the present state into them. Called without the lock of the control plane: the
    /// caller's memory may answer late.
    /// </summary>
    /// <returns>0, EINVAL for an array that is not aligned, EFAULT for one that is not there.</returns>
    internal static int Initialise(Binding binding, in NmreqCsb csb, CallerMemory memory)
    {
        Kring[] rings = [.. binding.Tx, .. binding.Rx];
        byte[] entries = new byte[rings.Length * CsbToServer.EntryBytes];
        if (csb.ToServer % CsbToServer.EntryBytes != 0)
        {
            return Errno.Inval;
        }

        if (csb.ToServer == 0 || !memory.TryRead(csb.ToServer, entries))
        {
            return Errno.Fault;
        }

        if (csb.ToProgram % CsbToServer.EntryBytes != 0)
        {
            return Errno.Inval;
        }

        bool written = csb.ToProgram != 0;
        Array.Clear(entries);
        for (int i = 0; i < rings.Length; i++)
        {
            int at = i * CsbToServer.EntryBytes;
            ref RingIndexes now = ref rings[i].Indexes;
            CsbToProgram toProgram = new() { HwCur = now.HwCur, HwTail = Volatile.Read(ref now.HwTail), NeedsKick = 1 };
            CsbToServer toServer = new() { Head = now.RHead, Cur = now.RCur, NeedsKick = 1, SyncFlags = 1 };
            MemoryMarshal.Write(entries.AsSpan(at), in toProgram);
            written = written && memory.TryWrite(
                csb.ToServer + (ulong)at, MemoryMarshal.AsBytes(new ReadOnlySpan<CsbToServer>(in toServer)));
        }

        return written && memory.TryWrite(csb.ToProgram, entries) ? Errno.Ok : Errno.Fault;
    }
}

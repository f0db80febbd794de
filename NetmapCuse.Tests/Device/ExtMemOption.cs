using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Tests.Device;

/// <summary>struct nmreq_opt_extmem in memory that does not move.</summary>
internal sealed unsafe class ExtMemOption : IDisposable
{
    private const ulong Nowhere = 4096;

    private readonly NmreqOption* _head =
        (NmreqOption*)NativeMemory.AllocZeroed((nuint)(sizeof(NmreqOption) + sizeof(NmreqExtMem)));

    private readonly MappedMemory? _memory;

    /// <param name="length">nr_memsize.</param>
    /// <param name="isThere">There is such shared memory; else there is nothing at the address.</param>
    internal ExtMemOption(ulong length, bool isThere)
    {
        if (isThere)
        {
            using Fd file = Libc.MemFdCreate("extmem", Libc.MfdCloexecSealable);
            _ = Libc.FTruncate(file, (long)length);
            _memory = MappedMemory.TryMap(file, 0, length)!;
        }

        _head->RequestType = OptionType.ExtMem;
        _head->Size = (ulong)(sizeof(NmreqOption) + sizeof(NmreqExtMem));
        _head->Status = NativeOptions.Untouched;
        NmreqExtMem* body = (NmreqExtMem*)(_head + 1);
        body->Address = _memory is null ? Nowhere : (ulong)_memory.Address;
        body->Info.MemorySize = length;
    }

    internal ulong Address => (ulong)_head;

    internal int Status => (int)_head->Status;

    public void Dispose()
    {
        NativeMemory.Free(_head);
        _memory?.Dispose();
    }
}

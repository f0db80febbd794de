using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Tests.Device;

/// <summary>struct nmreq_opt_extmem in memory that does not move, for a range that is not there or is too small.</summary>
internal sealed unsafe class ExtMemOption : IDisposable
{
    private const ulong Nowhere = 4096;

    private readonly NmreqOption* _head =
        (NmreqOption*)NativeMemory.AllocZeroed((nuint)(sizeof(NmreqOption) + sizeof(NmreqExtMem)));

    internal ExtMemOption(NmreqPoolsInfo info)
    {
        _head->RequestType = OptionType.ExtMem;
        _head->Size = (ulong)(sizeof(NmreqOption) + sizeof(NmreqExtMem));
        _head->Status = NativeOptions.Untouched;
        *(NmreqExtMem*)(_head + 1) = new NmreqExtMem { Address = Nowhere, Info = info };
    }

    internal ulong Address => (ulong)_head;

    internal int Status => (int)_head->Status;

    public void Dispose() => NativeMemory.Free(_head);
}

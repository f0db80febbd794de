using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Tests.Device;

/// <summary>struct nmreq_opt_offsets in memory that does not move.</summary>
internal sealed unsafe class OffsetsOption : IDisposable
{
    private const int Size = 56;

    private readonly NmreqOption* _head = (NmreqOption*)NativeMemory.AllocZeroed(Size);

    internal OffsetsOption(ulong max, ulong initial, uint bits)
    {
        _head->RequestType = OptionType.Offsets;
        _head->Size = Size;
        _head->Status = NativeOptions.Untouched;
        *Body = new NmreqOffsets { MaxOffset = max, InitialOffset = initial, OffsetBits = bits, MinGap = 7 };
    }

    internal ulong Address => (ulong)_head;

    internal int Status => (int)_head->Status;

    internal ulong MaxOffset => Body->MaxOffset;

    private NmreqOffsets* Body => (NmreqOffsets*)(_head + 1);

    internal void Link(ulong next) => _head->Next = next;

    public void Dispose() => NativeMemory.Free(_head);
}

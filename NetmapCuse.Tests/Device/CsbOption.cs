using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Tests.Device;

/// <summary>struct nmreq_opt_csb in memory that does not move, with both arrays at one address or at memory of its own.</summary>
internal sealed unsafe class CsbOption : IDisposable
{
    private const int Size = 40;
    private const nuint ArrayBytes = 64 * 64;

    private readonly NmreqOption* _head = (NmreqOption*)NativeMemory.AllocZeroed(Size);
    private readonly byte* _arrays = (byte*)NativeMemory.AlignedAlloc(2 * ArrayBytes, 64);

    /// <summary>Arrays that are good.</summary>
    internal CsbOption()
        : this(0)
    {
        NativeMemory.Clear(_arrays, 2 * ArrayBytes);
        Body->ToServer = (ulong)_arrays;
        Body->ToProgram = (ulong)(_arrays + ArrayBytes);
    }

    /// <summary>Both arrays at this address.</summary>
    internal CsbOption(ulong address)
    {
        _head->RequestType = OptionType.Csb;
        _head->Status = NativeOptions.Untouched;
        Body->ToServer = address;
        Body->ToProgram = address;
    }

    internal ulong Address => (ulong)_head;

    internal int Status => (int)_head->Status;

    private NmreqCsb* Body => (NmreqCsb*)(_head + 1);

    public void Dispose()
    {
        NativeMemory.Free(_head);
        NativeMemory.AlignedFree(_arrays);
    }
}

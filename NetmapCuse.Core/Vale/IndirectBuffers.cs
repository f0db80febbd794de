using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// Where the data of NS_INDIRECT slots is brought to: read once from the memory of the process that syncs, so that
/// classifier and copy loop see the same bytes. The memory is taken when a ring first meets an indirect slot and then kept.
/// </summary>
internal sealed unsafe class IndirectBuffers : IDisposable
{
    private const nuint Alignment = 64;

    private byte* _memory;
    private uint _bufferSize;
    /// <summary>
    /// Reads exactly the slot's length from the address in its ptr. A first fragment whose header cannot be read is bad;
    /// data that cannot be read after that makes the fragment empty (reference/netmap-behaviour.md section 9.6).
    /// </summary>
    /// <param name="source">The ring that sends.</param>
    /// <param name="slot">The slot, read once.</param>
    /// <param name="place">Which place of the batch the data goes to, below batch and fragments together.</param>
    /// <param name="least">Bytes that a first fragment has to hold, 0 for the others.</param>
    /// <param name="callerThread">Whose memory.</param>
    /// <param name="data">Where the data is now.</param>
    /// <param name="length">The slot's length, or 0.</param>
    internal bool TryRead(
        Kring source, NetmapSlot slot, int place, int least, int callerThread, ref byte* data, ref ushort length)
    {
        if (slot.Pointer == 0)
        {
            return false;
        }

        Allocate(source.BufferSize);
        data = _memory + ((ulong)place * _bufferSize);
        nint read = ClientMemory.Read(callerThread, slot.Pointer, data, slot.Length);
        if (least != 0 && read < least)
        {
            return false;
        }

        length = read == slot.Length ? slot.Length : (ushort)0;
        return true;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }

    private void Allocate(uint bufferSize)
    {
        if (_memory == null)
        {
            _bufferSize = bufferSize;
            _memory = (byte*)NativeMemory.AlignedAlloc(
                (nuint)bufferSize * (Limits.BatchMax + NetmapApi.FragmentsMax), Alignment);
        }
    }
}

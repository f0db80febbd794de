using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// Where the data of NS_INDIRECT slots is brought to: read once from the memory of the process that syncs, so that
/// classifier and copy loop see the same bytes. The memory is taken when a ring first meets an indirect slot and then kept.
/// It starts as zeros: the copy loop rounds lengths up, and what lies behind a frame must not be somebody else's.
/// </summary>
internal sealed unsafe class IndirectBuffers : IDisposable
{
    private const nuint Alignment = 64;

    /// <summary>What all rings of all devices may have together; clients decide how many rings ask for it.</summary>
    private const long BytesMax = 1L << 30;

    private static long s_taken;

    private void* _allocated;
    private byte* _memory;
    private uint _bufferSize;
    private long _bytes;

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
        if (slot.Pointer == 0 || !TryAllocate(source.BufferSize))
        {
            return false;
        }

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
        NativeMemory.Free(_allocated);
        Interlocked.Add(ref s_taken, -_bytes);
        _allocated = null;
        _memory = null;
        _bytes = 0;
    }

    /// <summary>False: the rings have all that they may have.</summary>
    private bool TryAllocate(uint bufferSize)
    {
        if (_memory != null)
        {
            return true;
        }

        long bytes = (long)bufferSize * (Limits.BatchMax + NetmapApi.FragmentsMax);
        if (Interlocked.Add(ref s_taken, bytes) > BytesMax)
        {
            Interlocked.Add(ref s_taken, -bytes);
            return false;
        }

        _bytes = bytes;
        _bufferSize = bufferSize;
        _allocated = NativeMemory.AllocZeroed((nuint)bytes + Alignment);
        _memory = (byte*)(((nuint)_allocated + Alignment - 1) & ~(Alignment - 1));
        return true;
    }
}

using System.Diagnostics;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Mmio;

/// <summary>
/// The registers of a chip: each access is one access of the width that is asked for, in the order of the program. A mapped BAR, or
/// a model of the chip.
/// </summary>
internal abstract class RegisterSpace : IDisposable
{
    internal abstract byte Read8(uint offset);

    internal abstract ushort Read16(uint offset);

    internal abstract uint Read32(uint offset);

    internal abstract ulong Read64(uint offset);

    internal abstract void Write8(uint offset, byte value);

    internal abstract void Write16(uint offset, ushort value);

    internal abstract void Write32(uint offset, uint value);

    internal abstract void Write64(uint offset, ulong value);

    internal uint Read(Register register, uint index = 0) => Read32(register.At(index));

    internal void Write(Register register, uint value, uint index = 0) => Write32(register.At(index), value);

    /// <summary>Sets bits and leaves the others.</summary>
    internal void Set(Register register, uint bits, uint index = 0) => Write(register, Read(register, index) | bits, index);

    /// <summary>Clears bits and leaves the others.</summary>
    internal void Clear(Register register, uint bits, uint index = 0) => Write(register, Read(register, index) & ~bits, index);

    /// <summary>Writes a row of registers with one value.</summary>
    internal void Fill(Register register, uint value, uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            Write(register, value, i);
        }
    }

    /// <summary>Waits until bits of a register have a value.</summary>
    /// <exception cref="PosixException">They do not get it in time; the step names the register.</exception>
    internal void Wait(Register register, uint mask, uint wanted, TimeSpan patience, uint index = 0) =>
        WaitUntil(() => (Read(register, index) & mask) == wanted, register.Name, patience);

    /// <summary>Waits for something that is seen in a register.</summary>
    internal static void WaitUntil(Func<bool> isReached, string name, TimeSpan patience)
    {
        long start = Stopwatch.GetTimestamp();
        while (!isReached())
        {
            if (Stopwatch.GetElapsedTime(start) > patience)
            {
                throw new PosixException($"waiting for {name} of the chip", Errno.Io);
            }

            Thread.Sleep(0);
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

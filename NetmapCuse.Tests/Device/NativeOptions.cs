using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Tests.Device;

/// <summary>A list of options in memory that does not move, each with room for the longest body.</summary>
internal sealed unsafe class NativeOptions : IDisposable
{
    /// <summary>What nro_status holds before anybody writes it.</summary>
    internal const int Untouched = 0x5555;

    private const int Stride = 8192;

    private readonly byte* _memory;

    internal NativeOptions((int Type, int Size)[] options)
    {
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)(options.Length * Stride));
        for (int i = 0; i < options.Length; i++)
        {
            Head(i)->RequestType = (OptionType)options[i].Type;
            Head(i)->Size = (ulong)options[i].Size;
            Head(i)->Status = Untouched;
            if (i > 0)
            {
                Link(i - 1, i);
            }
        }
    }

    internal ulong First => (ulong)_memory;

    internal int Status(int option) => (int)Head(option)->Status;

    internal void Link(int option, int next) => Link(option, (ulong)Head(next));

    internal void Link(int option, ulong address) => Head(option)->Next = address;

    public void Dispose() => NativeMemory.Free(_memory);

    private NmreqOption* Head(int option) => (NmreqOption*)(_memory + ((long)option * Stride));
}

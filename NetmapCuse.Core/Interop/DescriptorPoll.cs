using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>What one descriptor is asked for, and what it answered (struct pollfd).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DescriptorPoll
{
    internal const short In = 0x1;
    internal const short Out = 0x4;

    /// <summary>POLLERR | POLLHUP | POLLNVAL.</summary>
    private const short End = 0x8 | 0x10 | 0x20;

    private readonly int _descriptor;
    private readonly short _wanted;
    private readonly short _found;

    /// <summary>The caller keeps the descriptor alive while it is used.</summary>
    internal DescriptorPoll(Fd descriptor, short wanted)
    {
        _descriptor = descriptor.Number;
        _wanted = wanted;
    }

    internal readonly bool IsReady => (_found & _wanted) != 0;

    internal readonly bool IsAtEnd => (_found & End) != 0;

    /// <summary>Waits until one has an answer (poll(2)). Negative milliseconds: without limit. May end early.</summary>
    internal static unsafe void Wait(Span<DescriptorPoll> entries, int milliseconds)
    {
        foreach (ref DescriptorPoll entry in entries)
        {
            entry = new DescriptorPoll(entry._descriptor, entry._wanted);
        }

        fixed (DescriptorPoll* first = entries)
        {
            _ = Libc.Poll(first, (nuint)entries.Length, milliseconds);
        }
    }

    private DescriptorPoll(int descriptor, short wanted)
    {
        _descriptor = descriptor;
        _wanted = wanted;
    }
}

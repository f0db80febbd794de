using System.Runtime.CompilerServices;

namespace NetmapCuse.Core.Abi.Linux;

/// <summary>The 80 bytes of a 128-byte submission that belong to the command (cmd of struct io_uring_sqe).</summary>
[InlineArray(Size)]
internal struct IoUringCommandArea
{
    internal const int Size = 80;

    private byte _first;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Linux;

/// <summary>struct io_uring_sqe with IORING_SETUP_SQE128, as IORING_OP_URING_CMD and IORING_OP_POLL_ADD use it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringSqe
{
    internal byte Opcode;
    internal byte Flags;
    internal ushort IoPriority;
    internal int Descriptor;

    /// <summary>cmd_op of a command.</summary>
    internal uint CommandOperation;
    internal uint Padding1;
    internal ulong Address;
    internal uint Length;

    /// <summary>poll32_events of a poll.</summary>
    internal uint OperationFlags;

    /// <summary>Comes back in the completion.</summary>
    internal ulong UserData;
    internal ushort BufferIndex;
    internal ushort Personality;
    internal uint FileIndex;

    /// <summary>The 80 bytes of the command itself.</summary>
    internal IoUringCommandArea Command;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Books;

/// <summary>A descriptor that registered. Written by the control plane.</summary>
[StructLayout(LayoutKind.Explicit, Size = BookLayout.BindingBytes)]
public struct BindingRecord
{
    /// <summary>Odd while the record is in use.</summary>
    [FieldOffset(0)] public uint Generation;

    /// <summary>Place of its port.</summary>
    [FieldOffset(4)] public int Port;

    /// <summary>Who registered; the descriptor may have moved since.</summary>
    [FieldOffset(8)] public int ProcessId;

    [FieldOffset(12)] public uint UserId;

    /// <summary>NR_REG_* and the flags of the request.</summary>
    [FieldOffset(16)] public uint Mode;
    [FieldOffset(24)] public ulong Flags;

    /// <summary>The rings, first and count.</summary>
    [FieldOffset(32)] public uint FirstTx;
    [FieldOffset(36)] public uint TxCount;
    [FieldOffset(40)] public uint FirstRx;
    [FieldOffset(44)] public uint RxCount;

    /// <summary>CLOCK_REALTIME, seconds.</summary>
    [FieldOffset(48)] public long Since;

    /// <summary>The name of the program, as the kernel has it.</summary>
    [FieldOffset(64)] public BookText32 Command;
}

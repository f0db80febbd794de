namespace NetmapCuse.Drivers.Interop;

/// <summary>BPF instructions as numbers (struct bpf_insn, linux/bpf.h): opcode, two registers, offset, immediate.</summary>
internal static class BpfCode
{
    internal static ulong LoadWord(int target, int source, short offset) => Make(0x61, target, source, offset, 0);

    internal static ulong LoadHalf(int target, int source, short offset) => Make(0x69, target, source, offset, 0);

    internal static ulong StoreWord(int target, int source, short offset) => Make(0x63, target, source, offset, 0);

    internal static ulong StoreHalf(int target, int source, short offset) => Make(0x6b, target, source, offset, 0);

    internal static ulong StoreImmediate(int target, short offset, uint value) => Make(0x62, target, 0, offset, value);

    internal static ulong StoreImmediateHalf(int target, short offset, uint value) => Make(0x6a, target, 0, offset, value);

    internal static ulong Set(int target, uint value) => Make(0xb7, target, 0, 0, value);

    internal static ulong Copy(int target, int source) => Make(0xbf, target, source, 0, 0);

    internal static ulong Add(int target, uint value) => Make(0x07, target, 0, 0, value);

    internal static ulong ToBigEndian16(int target) => Make(0xdc, target, 0, 0, 16);

    /// <summary>The first half of loading a map; <see cref="Second"/> follows.</summary>
    internal static ulong LoadMap(int target, int map) => Make(0x18, target, 1, 0, (uint)map);

    internal static ulong Second => 0;

    /// <summary>Skips instructions when a register is greater than another.</summary>
    internal static ulong SkipIfGreater(int left, int right, short skip) => Make(0x2d, left, right, skip, 0);

    /// <summary>Skips instructions when the low 32 bits differ from a number.</summary>
    internal static ulong SkipIfNotEqual32(int left, uint value, short skip) => Make(0x56, left, 0, skip, value);

    internal static ulong SkipIfEqual(int left, uint value, short skip) => Make(0x15, left, 0, skip, value);

    /// <summary>Skips instructions when a register is greater than a number.</summary>
    internal static ulong SkipIfAbove(int left, uint value, short skip) => Make(0x25, left, 0, skip, value);

    /// <summary>Skips instructions when a register is less than a number.</summary>
    internal static ulong SkipIfBelow(int left, uint value, short skip) => Make(0xa5, left, 0, skip, value);

    internal static ulong SkipIfNotEqual(int left, uint value, short skip) => Make(0x55, left, 0, skip, value);

    internal static ulong Call(int helper) => Make(0x85, 0, 0, 0, (uint)helper);

    /// <summary>Calls a function of the kernel by its number in the kernel's BTF.</summary>
    internal static ulong CallKernel(int function) => Make(0x85, 0, 2, 0, (uint)function);

    internal static ulong Exit => Make(0x95, 0, 0, 0, 0);

    private static ulong Make(byte opcode, int target, int source, short offset, uint immediate) =>
        opcode | ((ulong)(uint)(target | (source << 4)) << 8) | ((ulong)(ushort)offset << 16) | ((ulong)immediate << 32);
}

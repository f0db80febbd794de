using System.Buffers.Binary;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>
/// bpf(2): maps, programs and links (linux/bpf.h). Everything is a descriptor with close-on-exec, so all of it goes when the
/// daemon does. Links are made in the calling thread's network namespace.
/// </summary>
internal static unsafe class Bpf
{
    // enum bpf_prog_type
    internal const uint SocketFilterProgram = 1;
    internal const uint ClassifierProgram = 3;
    internal const uint XdpProgram = 6;

    // enum bpf_map_type
    internal const uint ProgramArray = 3;
    internal const uint SocketMap = 17;

    // enum bpf_attach_type
    internal const uint AttachXdp = 37;
    internal const uint AttachIngress = 46;
    internal const uint AttachEgress = 47;

    // XDP_FLAGS_* (linux/if_link.h)
    internal const uint GenericMode = 2;
    internal const uint DriverMode = 4;

    /// <summary>BPF_F_XDP_HAS_FRAGS: the program copes with frames in several buffers.</summary>
    internal const uint HasFragments = 1 << 5;

    /// <summary>BPF_F_XDP_DEV_BOUND_ONLY: for one device only, whose metadata the program may ask for.</summary>
    internal const uint DeviceBound = 1 << 6;

    // __NR_bpf on x86-64
    private const nint Number = 321;

    // enum bpf_cmd
    private const int MapCreate = 0;
    private const int MapUpdate = 2;
    private const int MapDelete = 3;
    private const int ProgramLoad = 5;
    private const int LinkCreate = 28;

    private const int AttributeBytes = 128;

    /// <exception cref="PosixException">EPERM without CAP_BPF.</exception>
    internal static Fd CreateMap(uint type, uint keyBytes, uint valueBytes, uint entries)
    {
        byte* area = stackalloc byte[AttributeBytes];
        Span<byte> attributes = Clear(area);
        Put(attributes, 0, type);
        Put(attributes, 4, keyBytes);
        Put(attributes, 8, valueBytes);
        Put(attributes, 12, entries);
        return Call(MapCreate, area, 72, "making a BPF map");
    }

    /// <summary>Sets an entry to a descriptor. The entry goes by itself when a socket is closed.</summary>
    internal static void Update(Fd map, uint key, Fd value)
    {
        uint number = (uint)value.Number;
        byte* area = stackalloc byte[AttributeBytes];
        Span<byte> attributes = Clear(area);
        Put(attributes, 0, (uint)map.Number);
        Put(attributes, 8, (ulong)&key);
        Put(attributes, 16, (ulong)&number);
        if (Libc.Bpf(Number, MapUpdate, area, 32) < 0)
        {
            throw PosixException.Last("putting a descriptor into a BPF map");
        }
    }

    internal static void Remove(Fd map, uint key)
    {
        byte* area = stackalloc byte[AttributeBytes];
        Span<byte> attributes = Clear(area);
        Put(attributes, 0, (uint)map.Number);
        Put(attributes, 8, (ulong)&key);
        _ = Libc.Bpf(Number, MapDelete, area, 32);
    }

    /// <param name="type">Program type.</param>
    /// <param name="instructions">The program.</param>
    /// <param name="flags">prog_flags.</param>
    /// <param name="device">Interface that it is bound to, 0 for none.</param>
    /// <param name="step">What the program does, for the exception.</param>
    internal static Fd Load(uint type, ReadOnlySpan<ulong> instructions, uint flags, int device, string step)
    {
        byte* area = stackalloc byte[AttributeBytes];
        Span<byte> attributes = Clear(area);
        fixed (ulong* code = instructions)
        fixed (byte* license = "Dual BSD/GPL\0"u8)
        {
            Put(attributes, 0, type);
            Put(attributes, 4, (uint)instructions.Length);
            Put(attributes, 8, (ulong)code);
            Put(attributes, 16, (ulong)license);
            Put(attributes, 44, flags);
            "netmapcuse"u8.CopyTo(attributes[48..]);
            Put(attributes, 64, (uint)device);
            Put(attributes, 68, type == XdpProgram ? AttachXdp : 0);
            nint result = Libc.Bpf(Number, ProgramLoad, area, 72);
            if (result >= 0)
            {
                return new Fd((int)result);
            }

            throw PosixException.Last(step);
        }
    }

    /// <summary>Attaches a program to an interface until the descriptor is closed.</summary>
    /// <exception cref="PosixException">EBUSY: somebody else's program is there; EOPNOTSUPP, ERANGE, ENOSPC: the driver cannot.</exception>
    internal static Fd Link(Fd program, int device, uint attachType, uint flags, string step)
    {
        byte* area = stackalloc byte[AttributeBytes];
        Span<byte> attributes = Clear(area);
        Put(attributes, 0, (uint)program.Number);
        Put(attributes, 4, (uint)device);
        Put(attributes, 8, attachType);
        Put(attributes, 12, flags);
        return Call(LinkCreate, area, attachType == AttachXdp ? 16u : 32u, step);
    }

    private static Fd Call(int command, byte* attributes, uint size, string step)
    {
        nint result = Libc.Bpf(Number, command, attributes, size);
        return result >= 0 ? new Fd((int)result) : throw PosixException.Last(step);
    }

    private static Span<byte> Clear(byte* area)
    {
        Span<byte> attributes = new(area, AttributeBytes);
        attributes.Clear();
        return attributes;
    }

    private static void Put(Span<byte> attributes, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[offset..], value);

    private static void Put(Span<byte> attributes, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(attributes[offset..], value);
}

using System.Buffers.Binary;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse;

/// <summary>What an executable file says about itself (elf(5)).</summary>
internal static class ProgramFile
{
    private const int HeaderSize = 64;
    private const uint Interpreter = 3; // PT_INTERP
    private const uint PrivilegeBits = 0xC00; // S_ISUID | S_ISGID

    /// <summary>Why no library can be preloaded into it, or null. Scripts are fine: their interpreters are programs.</summary>
    internal static string? Obstacle(string path)
    {
        if (Libc.StatusOf(path, 0, out Statx status) == 0 && (status.Mode & PrivilegeBits) != 0
            && !Environment.IsPrivilegedProcess)
        {
            return "changes its user or group, so nothing can be preloaded into it";
        }

        using FileStream file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderSize];
        bool isElf = file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) == HeaderSize
            && header.StartsWith((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F']);
        return isElf && !HasInterpreter(file, header)
            ? "is statically linked, so nothing can be preloaded into it"
            : null;
    }

    /// <summary>The program headers: e_phoff at 32, e_phentsize at 54, e_phnum at 56; p_type is the first word of each.</summary>
    private static bool HasInterpreter(FileStream file, ReadOnlySpan<byte> header)
    {
        long offset = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        Span<byte> type = stackalloc byte[sizeof(uint)];
        for (int i = 0; i < count; i++)
        {
            file.Position = offset + ((long)i * size);
            if (file.ReadAtLeast(type, type.Length, throwOnEndOfStream: false) == type.Length
                && BinaryPrimitives.ReadUInt32LittleEndian(type) == Interpreter)
            {
                return true;
            }
        }

        return false;
    }
}

using System.Buffers.Binary;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Gives packet memory to clients that cannot map the device. The preloaded library makes a pair of connected sockets and
/// an ioctl on the device that names one of them; the daemon takes that socket out of the calling process and sends the
/// memory through it. Who has the device open has thereby shown its right, and no name has to be found by anybody.
/// </summary>
internal sealed class MemoryShare(Fd memory)
{
    /// <summary>The ioctl: _IOW('N', 1, int), the argument is a descriptor of the caller.</summary>
    internal const uint Request = 0x40044E01;

    /// <returns>What ioctl() returns.</returns>
    internal int Send(int threadId, ReadOnlySpan<byte> argument)
    {
        if (!BinaryPrimitives.TryReadInt32LittleEndian(argument, out int number))
        {
            return -Errno.Inval;
        }

        using ClientProcess client = ClientProcess.Of(threadId);
        int error = client.TryTake(number, out Fd socket);
        using (socket)
        {
            return error != Errno.Ok ? -error : -SocketMessage.SendDescriptor(socket, memory);
        }
    }
}

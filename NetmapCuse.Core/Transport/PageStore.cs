using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>Puts pages of zeros into the page cache of the device file (FUSE_NOTIFY_STORE). Control plane.</summary>
internal sealed class PageStore(FuseDevice device)
{
    private const ulong RootInode = 1;
    private const uint BytesAtOnce = 1 << 20;

    private readonly byte[] _message = new byte[HeadSize + BytesAtOnce];

    private static int HeadSize => Unsafe.SizeOf<FuseOutHeader>() + Unsafe.SizeOf<FuseNotifyStoreOut>();

    /// <summary>Offset and length are whole pages.</summary>
    internal void StoreZeros(ulong offset, ulong length)
    {
        while (length > 0)
        {
            uint size = (uint)Math.Min(length, BytesAtOnce);
            FuseOutHeader header = new() { Length = (uint)HeadSize + size, Error = FuseProtocol.NotifyStore };
            FuseNotifyStoreOut store = new() { Inode = RootInode, Offset = offset, Size = size };
            MemoryMarshal.Write(_message, in header);
            MemoryMarshal.Write(_message.AsSpan(Unsafe.SizeOf<FuseOutHeader>()), in store);
            int errno = device.Write(_message.AsSpan(0, HeadSize + (int)size));
            if (errno != 0)
            {
                throw new PosixException("FUSE_NOTIFY_STORE", errno);
            }

            offset += size;
            length -= size;
        }
    }
}

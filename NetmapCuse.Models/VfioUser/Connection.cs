using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace NetmapCuse.Models.VfioUser;

/// <summary>Messages over a UNIX socket; descriptors come beside them.</summary>
internal sealed class Connection(Socket socket) : IDisposable
{
    private const int HeaderBytes = 16;
    private const int LongestMessage = 4 << 20;
    private const int ControlBytes = 512;
    private const int ControlHeaderBytes = 16;
    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const uint ReplyFlag = 1;
    private const uint NoReplyFlag = 0x10;
    private const uint ErrorFlag = 0x20;

    private readonly byte[] _control = new byte[ControlBytes];
    private byte[] _buffer = GC.AllocateArray<byte>(64 << 10, pinned: true);

    public void Dispose() => socket.Dispose();

    /// <summary>Null at the end of the connection.</summary>
    internal Message? Next()
    {
        List<int> descriptors = [];
        if (!Fill(HeaderBytes, descriptors))
        {
            return null;
        }

        ReadOnlySpan<byte> header = _buffer.AsSpan(0, HeaderBytes);
        ushort id = BinaryPrimitives.ReadUInt16LittleEndian(header);
        Command command = (Command)BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);
        int length = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (length is < HeaderBytes or > LongestMessage || !Fill(length - HeaderBytes, descriptors))
        {
            return null;
        }

        return new Message(id, command, (flags & NoReplyFlag) == 0, _buffer[..(length - HeaderBytes)], descriptors);
    }

    internal void Reply(Message to, ReadOnlySpan<byte> body)
    {
        byte[] reply = new byte[HeaderBytes + body.Length];
        PutHeader(reply, to, ReplyFlag);
        body.CopyTo(reply.AsSpan(HeaderBytes));
        socket.Send(reply);
    }

    internal void Refuse(Message to, Errno error)
    {
        byte[] reply = new byte[HeaderBytes];
        PutHeader(reply, to, ReplyFlag | ErrorFlag);
        BinaryPrimitives.WriteInt32LittleEndian(reply.AsSpan(12), NativeConvert.FromErrno(error));
        socket.Send(reply);
    }

    private static void PutHeader(byte[] message, Message to, uint flags)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(message, to.Id);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(2), (ushort)to.Command);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), flags);
    }

    private bool Fill(int bytes, List<int> descriptors)
    {
        if (bytes > _buffer.Length)
        {
            _buffer = GC.AllocateArray<byte>(bytes, pinned: true);
        }

        for (int have = 0; have < bytes;)
        {
            Msghdr message = new()
            {
                msg_iov =
                [
                    new Iovec
                    {
                        iov_base = Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, have),
                        iov_len = (ulong)(bytes - have),
                    },
                ],
                msg_iovlen = 1,
                msg_control = _control,
                msg_controllen = _control.Length,
            };
            long got = Syscall.recvmsg((int)socket.Handle, message, MessageFlags.MSG_CMSG_CLOEXEC);
            if (got < 0 && Stdlib.GetLastError() == Errno.EINTR)
            {
                continue;
            }

            if (got <= 0)
            {
                return false;
            }

            TakeDescriptors((int)message.msg_controllen, descriptors);
            have += (int)got;
        }

        return true;
    }

    // A control message: length (8 bytes), level, type (4 each), then the descriptors; all at multiples of 8.
    private void TakeDescriptors(int length, List<int> descriptors)
    {
        for (int at = 0; at + ControlHeaderBytes <= length;)
        {
            int size = (int)BinaryPrimitives.ReadInt64LittleEndian(_control.AsSpan(at));
            if (size < ControlHeaderBytes || at + size > length)
            {
                return;
            }

            if (BinaryPrimitives.ReadInt32LittleEndian(_control.AsSpan(at + 8)) == SolSocket &&
                BinaryPrimitives.ReadInt32LittleEndian(_control.AsSpan(at + 12)) == ScmRights)
            {
                for (int next = at + ControlHeaderBytes; next + 4 <= at + size; next += 4)
                {
                    descriptors.Add(BinaryPrimitives.ReadInt32LittleEndian(_control.AsSpan(next)));
                }
            }

            at += (size + 7) & ~7;
        }
    }
}

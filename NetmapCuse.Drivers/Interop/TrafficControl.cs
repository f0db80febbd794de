using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>
/// Classifiers of interfaces by rtnetlink, in the network namespace that this was made in (linux/rtnetlink.h, linux/pkt_cls.h;
/// reference/linux-interfaces.md section 3.2).
/// </summary>
internal sealed unsafe class TrafficControl : IDisposable
{
    /// <summary>TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS).</summary>
    internal const uint Ingress = 0xffff_fff2;

    /// <summary>TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS).</summary>
    internal const uint Egress = 0xffff_fff3;

    private const int Netlink = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const uint ClsactParent = 0xffff_fff1;
    private const uint ClsactHandle = 0xffff_0000;
    private const uint AllProtocols = 0x0300; // htons(ETH_P_ALL)
    private const uint DirectAction = 1; // TCA_BPF_FLAG_ACT_DIRECT

    // RTM_*, NLM_F_*, NLMSG_*
    private const ushort NewQdisc = 36;
    private const ushort DeleteQdisc = 37;
    private const ushort NewFilter = 44;
    private const ushort DeleteFilter = 45;
    private const ushort GetFilter = 46;
    private const ushort Acknowledged = 0x1 | 0x4;
    private const ushort CreatedHere = Acknowledged | 0x400 | 0x200;
    private const ushort Dump = 0x1 | 0x300;
    private const ushort ErrorMessage = 2;
    private const ushort DoneMessage = 3;

    // TCA_*
    private const ushort Kind = 1;
    private const ushort Options = 2;
    private const ushort BpfDescriptor = 6;
    private const ushort BpfName = 7;
    private const ushort BpfFlags = 8;
    private const ushort Nested = 0x8000;

    private const int HeaderBytes = 16;
    private const int RequestBytes = 256;
    private const int AnswerBytes = 32768;

    private readonly Fd _socket;
    private readonly byte[] _answer = new byte[AnswerBytes];

    internal TrafficControl()
    {
        _socket = Libc.Socket(Netlink, RawCloseOnExec, 0);
        if (_socket.IsInvalid)
        {
            throw PosixException.Last("a socket for traffic control");
        }
    }

    /// <summary>Gives the interface the queueing discipline that classifiers hang on.</summary>
    /// <returns>False: it has it already.</returns>
    internal bool AddClsact(int device)
    {
        Request request = new(stackalloc byte[RequestBytes], NewQdisc, CreatedHere, device, ClsactHandle, ClsactParent, 0);
        request.Put(Kind, "clsact"u8);
        int error = Ask(request);
        return error is Errno.Ok or Errno.Exist
            ? error == Errno.Ok
            : throw new PosixException("adding a clsact queueing discipline (kernel modules sch_ingress and cls_bpf)", error);
    }

    /// <summary>Takes it away with everything that hangs on it.</summary>
    internal void RemoveClsact(int device) =>
        _ = Ask(new Request(stackalloc byte[RequestBytes], DeleteQdisc, Acknowledged, device, ClsactHandle, ClsactParent, 0));

    /// <summary>Hangs a program on the interface; what it returns decides.</summary>
    internal void AddProgram(int device, uint parent, ushort priority, Fd program)
    {
        Request request = new(
            stackalloc byte[RequestBytes], NewFilter, CreatedHere, device, 0, parent, ((uint)priority << 16) | AllProtocols);
        request.Put(Kind, "bpf"u8);
        int nest = request.Begin(Options | Nested);
        request.Put(BpfDescriptor, (uint)program.Number);
        request.Put(BpfName, "netmapcuse"u8);
        request.Put(BpfFlags, DirectAction);
        request.End(nest);
        int error = Ask(request);
        if (error != Errno.Ok)
        {
            throw new PosixException("adding a BPF classifier (kernel module cls_bpf)", error);
        }
    }

    /// <summary>Takes the programs of a priority away; there need not be any.</summary>
    internal void RemovePrograms(int device, uint parent, ushort priority)
    {
        Request request = new(
            stackalloc byte[RequestBytes], DeleteFilter, Acknowledged, device, 0, parent, ((uint)priority << 16) | AllProtocols);
        request.Put(Kind, "bpf"u8);
        _ = Ask(request);
    }

    /// <summary>Something hangs on the interface, ours or another's. True when it cannot be told.</summary>
    internal bool HasFilters(int device, uint parent)
    {
        Request request = new(stackalloc byte[RequestBytes], GetFilter, Dump, device, 0, parent, 0);
        if (!Send(request))
        {
            return true;
        }

        bool any = false;
        while (true)
        {
            ReadOnlySpan<byte> messages = Receive();
            if (messages.Length < HeaderBytes)
            {
                return true;
            }

            while (messages.Length >= HeaderBytes)
            {
                int length = MemoryMarshal.Read<int>(messages);
                ushort type = MemoryMarshal.Read<ushort>(messages[4..]);
                if (type is DoneMessage or ErrorMessage || length < HeaderBytes)
                {
                    return any || type != DoneMessage;
                }

                any |= type == NewFilter;
                messages = messages[Math.Min((length + 3) & ~3, messages.Length)..];
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <returns>0 or a positive errno.</returns>
    private int Ask(in Request request)
    {
        if (!Send(request))
        {
            return Marshal.GetLastPInvokeError();
        }

        ReadOnlySpan<byte> answer = Receive();
        return answer.Length >= HeaderBytes + sizeof(int) && MemoryMarshal.Read<ushort>(answer[4..]) == ErrorMessage
            ? -MemoryMarshal.Read<int>(answer[HeaderBytes..])
            : Errno.Io;
    }

    private bool Send(in Request request)
    {
        fixed (byte* start = request.Bytes)
        {
            return Libc.SendTo(_socket, start, (nuint)request.Bytes.Length, 0, null, 0) >= 0;
        }
    }

    private ReadOnlySpan<byte> Receive()
    {
        fixed (byte* start = _answer)
        {
            nint length = Libc.Receive(_socket, start, AnswerBytes, 0);
            return _answer.AsSpan(0, (int)Math.Max(length, 0));
        }
    }

    /// <summary>struct nlmsghdr, struct tcmsg, attributes.</summary>
    private ref struct Request
    {
        private const int AttributeHeader = 4;
        private const int FixedBytes = HeaderBytes + 20;

        private readonly Span<byte> _room;
        private int _length = FixedBytes;

        internal Request(Span<byte> room, ushort type, ushort flags, int device, uint handle, uint parent, uint info)
        {
            _room = room;
            _room.Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(_room[4..], type);
            BinaryPrimitives.WriteUInt16LittleEndian(_room[6..], flags);
            BinaryPrimitives.WriteInt32LittleEndian(_room[20..], device);
            BinaryPrimitives.WriteUInt32LittleEndian(_room[24..], handle);
            BinaryPrimitives.WriteUInt32LittleEndian(_room[28..], parent);
            BinaryPrimitives.WriteUInt32LittleEndian(_room[32..], info);
            BinaryPrimitives.WriteInt32LittleEndian(_room, _length);
        }

        internal readonly ReadOnlySpan<byte> Bytes => _room[.._length];

        /// <summary>A text; it ends with a zero.</summary>
        internal void Put(ushort type, ReadOnlySpan<byte> text)
        {
            int start = Begin(type);
            text.CopyTo(_room[_length..]);
            _length += text.Length + 1;
            End(start);
        }

        internal void Put(ushort type, uint value)
        {
            int start = Begin(type);
            BinaryPrimitives.WriteUInt32LittleEndian(_room[_length..], value);
            _length += sizeof(uint);
            End(start);
        }

        internal int Begin(int type)
        {
            int start = _length;
            BinaryPrimitives.WriteUInt16LittleEndian(_room[(start + 2)..], (ushort)type);
            _length += AttributeHeader;
            return start;
        }

        internal void End(int start)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_room[start..], (ushort)(_length - start));
            _length = (_length + 3) & ~3;
            BinaryPrimitives.WriteInt32LittleEndian(_room, _length);
        }
    }
}

using System.Buffers.Binary;
using NetmapCuse.Models.Intel;

namespace NetmapCuse.Models.Mellanox;

/// <content>Event queues, completion queues, queue pairs, and what comes from the wire.</content>
public sealed partial class ConnectX3Model
{
    private const int EventBytes = 32;
    private const int CompletionBytes = 32;
    private const int OwnerAt = 31;
    private const byte Owner = 0x80;
    private const byte CompletionEvent = 0;
    private const byte PortEvent = 9;
    private const byte CommandEvent = 10;
    private const int ShortestFrame = 60;
    private const int SegmentBytes = 16;

    private readonly Dictionary<uint, EventQueue> _eqs = [];
    private readonly Dictionary<uint, CompletionQueue> _cqs = [];
    private readonly Dictionary<uint, QueuePair> _qps = [];
    private readonly Dictionary<int, uint> _eqOfType = [];
    private uint _armWord;

    /// <inheritdoc/>
    protected override void Deliver(ReadOnlySpan<byte> frame)
    {
        QueuePair? rss = _qps.Values.FirstOrDefault(pair => pair.IsRss && pair.IsReady);
        bool isForUs = _isPromiscuous || (frame[0] & 1) != 0 || frame[..6].SequenceEqual(Address);
        uint hash = 0;
        QueuePair? pair = null;
        if (rss is null || !_portIsUp || !isForUs || !_qps.TryGetValue((uint)(rss.RssFirst + Choose(rss, frame, out hash)), out pair))
        {
            Counters.Filtered++;
            return;
        }

        Span<byte> producer = stackalloc byte[4];
        if (!DmaRead(pair.Doorbell, producer, "doorbell record"))
        {
            return;
        }

        byte[] padded = new byte[Math.Max(frame.Length, ShortestFrame)];
        frame.CopyTo(padded);
        if ((ushort)Big(producer, 0) == (ushort)pair.Received || !Scatter(pair, padded))
        {
            Counters.Missed++;
            return;
        }

        byte[] entry = new byte[CompletionBytes];
        Put32(entry, 0, (uint)pair.Number);
        Put32(entry, 4, hash);
        Put32(entry, 20, (uint)padded.Length);
        Put16(entry, 24, (ushort)pair.Received);
        entry[OwnerAt] = 1;
        pair.Received++;
        Counters.Received++;
        Complete((uint)pair.ReceiveCompletions, entry);
    }

    private static int Choose(QueuePair rss, ReadOnlySpan<byte> frame, out uint hash)
    {
        const uint Everything = Toeplitz.Tcp4 | Toeplitz.Ip4 | Toeplitz.Tcp6 | Toeplitz.Ip6;
        hash = 0;
        if (rss.RssCount > 1 && Toeplitz.TryFindInput(frame, Everything, out ReadOnlySpan<byte> addresses, out ReadOnlySpan<byte> ports))
        {
            hash = Toeplitz.Hash(rss.RssKey, [.. addresses, .. ports]);
        }

        return (int)(hash & (uint)(rss.RssCount - 1));
    }

    private void ResetQueues()
    {
        _eqs.Clear();
        _cqs.Clear();
        _qps.Clear();
        _eqOfType.Clear();
    }

    private Result ExecuteOnQueues(Opcode opcode, int modifier, ulong input, uint number, uint index)
    {
        switch (opcode)
        {
            case Opcode.MapEq:
                MapEvents(input, index);
                return Result.Ok;
            case Opcode.SwToHwEq:
                return MakeEventQueue(number, input);
            case Opcode.HwToSwEq:
                _eqs.Remove(number);
                return Result.Ok;
            case Opcode.SwToHwCq:
                return MakeCompletionQueue(number, input);
            case Opcode.HwToSwCq:
                _cqs.Remove(number);
                return Result.Ok;
            case Opcode.ModifyCq:
                return Require(_cqs.ContainsKey(number), $"MODIFY_CQ {number:x}, which is not there");
            case Opcode.ResetToInitQp or Opcode.InitToRtrQp or Opcode.RtrToRtsQp or Opcode.RtsToRtsQp:
                return MoveQueuePair(opcode, number, input);
            case Opcode.ToErrorQp:
                return Result.Ok;
            case Opcode.ToResetQp:
                _qps.Remove(number);
                return Result.Ok;
            default:
                Fault($"command {(int)opcode:x} modifier {modifier} is not known");
                return Result.BadOperation;
        }
    }

    private void MapEvents(ulong types, uint index)
    {
        const uint Unmap = 1u << 31;
        for (int type = 0; type < 64; type++)
        {
            if (((types >> type) & 1) == 0)
            {
                continue;
            }

            if ((index & Unmap) != 0)
            {
                _eqOfType.Remove(type);
            }
            else
            {
                _eqOfType[type] = index & 0x3ff;
            }
        }
    }

    private Result MakeEventQueue(uint number, ulong input)
    {
        byte[] context = new byte[64];
        if (!DmaRead(input, context, "EQ context"))
        {
            return Result.InternalError;
        }

        EventQueue queue = new()
        {
            Entries = 1 << (context[12] & 0x1f),
            Vector = context[0x17],
            Pages = new Translation(((ulong)context[0x1b] << 32) | Big(context, 0x1c), 12 + (context[0x18] & 0x3f)),
        };
        _eqs[number] = queue;
        return OwnAll(queue.Pages, queue.Entries);
    }

    private Result MakeCompletionQueue(uint number, ulong input)
    {
        byte[] context = new byte[64];
        if (!DmaRead(input, context, "CQ context"))
        {
            return Result.InternalError;
        }

        CompletionQueue queue = new()
        {
            Entries = 1 << (int)((Big(context, 12) >> 24) & 0x1f),
            Events = context[0x17],
            Pages = new Translation(((ulong)context[0x1b] << 32) | Big(context, 0x1c), 12 + (context[0x18] & 0x3f)),
            Doorbell = Big64(context, 0x38),
        };
        if (!_eqs.ContainsKey((uint)queue.Events))
        {
            Fault($"CQ {number:x} names EQ {queue.Events}, which is not there");
        }

        _cqs[number] = queue;
        return OwnAll(queue.Pages, queue.Entries);
    }

    // The firmware, not the driver, makes fresh entries its own.
    private Result OwnAll(Translation pages, int entries)
    {
        for (int i = 0; i < entries; i++)
        {
            if (!WriteQueue(pages, (EventBytes * i) + OwnerAt, [Owner]))
            {
                return Result.InternalError;
            }
        }

        return Result.Ok;
    }

    private Result MoveQueuePair(Opcode opcode, uint number, ulong input)
    {
        byte[] box = new byte[8 + 256];
        if (!DmaRead(input, box, "QP context"))
        {
            return Result.InternalError;
        }

        bool isNew = opcode == Opcode.ResetToInitQp;
        if (isNew)
        {
            _qps[number] = new QueuePair((int)number);
        }

        if (!_qps.TryGetValue(number, out QueuePair? pair))
        {
            return Require(false, $"QP {number:x} is moved by {opcode}, and is not there");
        }

        Opcode before = pair.State;
        bool isInOrder = isNew || (opcode == Opcode.InitToRtrQp && before == Opcode.ResetToInitQp) ||
            (opcode == Opcode.RtrToRtsQp && before == Opcode.InitToRtrQp) || (opcode == Opcode.RtsToRtsQp && pair.IsReady);
        pair.State = opcode;
        if (isNew || opcode == Opcode.InitToRtrQp)
        {
            pair.Take(box.AsSpan(8));
        }

        return Require(isInOrder, $"QP {number:x} goes from {before} to {opcode}");
    }

    private void TellOfPort()
    {
        const byte Up = 4;
        const byte Down = 1;
        const uint FirstPort = 1 << 28;
        byte[] entry = new byte[EventBytes];
        entry[1] = PortEvent;
        entry[3] = HasCarrier ? Up : Down;
        Put32(entry, 12, FirstPort);
        TellByType(PortEvent, entry);
    }

    private void TellByType(int type, byte[] entry)
    {
        if (_eqOfType.TryGetValue(type, out uint number))
        {
            Tell(number, entry);
        }
        else if (type == CommandEvent)
        {
            Fault($"a command wants an event, and its events are mapped nowhere");
        }
    }

    private void Tell(uint number, byte[] entry)
    {
        if (!_eqs.TryGetValue(number, out EventQueue? queue))
        {
            Fault($"an event is for EQ {number}, which is not there");
            return;
        }

        entry[OwnerAt] = (queue.Producer & (uint)queue.Entries) != 0 ? Owner : (byte)0;
        int at = EventBytes * (int)(queue.Producer & (uint)(queue.Entries - 1));
        WriteQueue(queue.Pages, at, entry.AsSpan(0, OwnerAt));
        WriteQueue(queue.Pages, at + OwnerAt, entry.AsSpan(OwnerAt));
        queue.Producer++;
        if (queue.IsArmed)
        {
            queue.IsArmed = false;
            Interrupt(queue.Vector);
        }
    }

    private void Complete(uint number, byte[] entry)
    {
        if (!_cqs.TryGetValue(number, out CompletionQueue? queue))
        {
            Fault($"a completion is for CQ {number:x}, which is not there");
            return;
        }

        Span<byte> consumer = stackalloc byte[4];
        if (DmaRead(queue.Doorbell, consumer, "doorbell record") &&
            ((queue.Producer - Big(consumer, 0)) & NumberMask) >= (uint)queue.Entries)
        {
            Fault($"CQ {number:x} overflows: {queue.Producer} completions, {Big(consumer, 0) & NumberMask} read");
        }

        entry[OwnerAt] |= (queue.Producer & (uint)queue.Entries) != 0 ? Owner : (byte)0;
        int at = CompletionBytes * (int)(queue.Producer & (uint)(queue.Entries - 1));
        WriteQueue(queue.Pages, at, entry.AsSpan(0, OwnerAt));
        WriteQueue(queue.Pages, at + OwnerAt, entry.AsSpan(OwnerAt));
        queue.Producer++;
        FireIfArmed(number, queue);
    }

    private void FireIfArmed(uint number, CompletionQueue queue)
    {
        if (!queue.IsArmed)
        {
            return;
        }

        queue.IsArmed = false;
        byte[] entry = new byte[EventBytes];
        entry[1] = CompletionEvent;
        Put32(entry, 4, number);
        Tell((uint)queue.Events, entry);
    }

    // A page of doorbells: 14 send, 20 and 24 arm a completion queue, 800 and on event queues, four a page.
    private void Doorbell(ulong offset, uint value, int bytes)
    {
        const uint Arm = 1u << 31;
        uint page = (uint)(offset >> 12);
        uint at = (uint)(offset & 0xfff);
        if (bytes != 4)
        {
            Fault($"doorbell {offset:x} of {bytes} bytes");
        }

        switch (at)
        {
            case 0x14:
                Counters.Doorbells++;
                Ring(value >> 8);
                break;
            case 0x20:
                _armWord = value;
                break;
            case 0x24:
                ArmCompletions(_armWord & NumberMask, value);
                break;
            case >= 0x800 and < 0x820 when at % 8 == 0:
                if (_eqs.TryGetValue((page * 4) + ((at - 0x800) / 8), out EventQueue? queue))
                {
                    queue.IsArmed = (value & Arm) != 0;
                    if (queue.IsArmed && ((queue.Producer ^ value) & NumberMask) != 0)
                    {
                        queue.IsArmed = false;
                        Interrupt(queue.Vector);
                    }
                }

                break;
            default:
                Fault($"doorbell {offset:x} with {value:x}: there is none");
                break;
        }
    }

    private void ArmCompletions(uint number, uint consumer)
    {
        if (!_cqs.TryGetValue(number, out CompletionQueue? queue))
        {
            Fault($"CQ {number:x} is armed, and is not there");
            return;
        }

        queue.IsArmed = true;
        if (((queue.Producer ^ consumer) & NumberMask) != 0)
        {
            FireIfArmed(number, queue);
        }
    }

    private void Ring(uint number)
    {
        if (!_qps.TryGetValue(number, out QueuePair? pair) || !pair.IsReady)
        {
            Fault($"doorbell of QP {number:x}, which is not ready to send");
        }
        else if (!pair.IsDue)
        {
            pair.IsDue = true;
            Soon(() => SendAll(pair));
        }
    }

    private void SendAll(QueuePair pair)
    {
        const uint OpcodeMask = 0x1f;
        const uint SendOpcode = 0xa;
        pair.IsDue = false;
        Span<byte> control = stackalloc byte[SegmentBytes];
        for (int left = Burst(); _qps.ContainsValue(pair); left--)
        {
            if (!ReadSend(pair, (int)(pair.Sent & (uint)(pair.SendEntries - 1)) * pair.SendStride, control))
            {
                return;
            }

            uint word = Big(control, 0);
            uint round = (pair.Sent & (uint)pair.SendEntries) != 0 ? 1u : 0;
            if (word >> 31 != round || (word & OpcodeMask) != SendOpcode)
            {
                return;
            }

            if (left == 0)
            {
                pair.IsDue = true;
                Later(TimeSpan.FromMicroseconds(50), () => SendAll(pair));
                return;
            }

            SendOne(pair, control);
        }
    }

    private void SendOne(QueuePair pair, ReadOnlySpan<byte> control)
    {
        const int CompletionWanted = 0x0c;
        const uint Inline = 1u << 31;
        int length = SegmentBytes * (control[7] & 0x3f);
        byte[] work = new byte[length + SegmentBytes];
        int start = (int)(pair.Sent & (uint)(pair.SendEntries - 1)) * pair.SendStride;
        ReadSend(pair, start, work.AsSpan(0, length));
        List<byte> frame = [];
        for (int at = SegmentBytes; at < length;)
        {
            uint count = Big(work, at);
            if ((count & Inline) != 0)
            {
                int bytes = (int)Math.Min(count & ~Inline, (uint)(work.Length - at - 4));
                frame.AddRange(work.AsSpan(at + 4, bytes));
                at = (at + 4 + bytes + SegmentBytes - 1) & ~(SegmentBytes - 1);
                continue;
            }

            byte[] part = new byte[Math.Min(count, 1 << 16)];
            CheckKey(Big(work, at + 4), pair);
            DmaRead(Big64(work, at + 8), part, "frame");
            frame.AddRange(part);
            at += SegmentBytes;
        }

        if (frame.Count < 14)
        {
            Fault($"QP {pair.Number:x} sends a frame of {frame.Count} bytes");
        }

        Send([.. frame]);
        if ((control[11] & CompletionWanted) != 0)
        {
            byte[] entry = new byte[CompletionBytes];
            Put32(entry, 0, (uint)pair.Number);
            Put16(entry, 24, (ushort)pair.Sent);
            entry[OwnerAt] = 0x40 | 0x0a;
            Complete((uint)pair.SendCompletions, entry);
        }

        pair.Sent += (uint)((length + pair.SendStride - 1) / pair.SendStride);
    }

    // Into the data segments of the next receive entry; false where they are too short.
    private bool Scatter(QueuePair pair, ReadOnlySpan<byte> frame)
    {
        byte[] segments = new byte[pair.ReceiveStride];
        int start = pair.ReceiveOffset + ((int)(pair.Received & (uint)(pair.ReceiveEntries - 1)) * pair.ReceiveStride);
        if (!ReadQueue(pair.Pages, start, segments))
        {
            return false;
        }

        for (int at = 0; at < segments.Length && frame.Length > 0; at += SegmentBytes)
        {
            int count = (int)Math.Min(Big(segments, at), (uint)frame.Length);
            if (count == 0)
            {
                break;
            }

            CheckKey(Big(segments, at + 4), pair);
            DmaWrite(Big64(segments, at + 8), frame[..count], "frame");
            frame = frame[count..];
        }

        return frame.Length == 0;
    }

    // A key is the number of its region, turned by a byte.
    private void CheckKey(uint key, QueuePair pair)
    {
        if (!_keys.Contains(uint.RotateRight(key, 8)))
        {
            Fault($"QP {pair.Number:x} uses memory key {key:x}, which is none");
        }
    }

    // A send entry may go over the end of its queue.
    private bool ReadSend(QueuePair pair, int at, Span<byte> into)
    {
        int size = pair.SendEntries * pair.SendStride;
        for (int done = 0; done < into.Length; done += SegmentBytes)
        {
            if (!ReadQueue(pair.Pages, pair.SendOffset + ((at + done) % size), into.Slice(done, SegmentBytes)))
            {
                return false;
            }
        }

        return true;
    }

    private bool ReadQueue(Translation pages, int offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            int part = (int)Math.Min(into.Length, 4096 - (offset & 4095));
            if (!TryTranslate(pages, offset, out ulong at) || !DmaRead(at, into[..part], "queue"))
            {
                return false;
            }

            into = into[part..];
            offset += part;
        }

        return true;
    }

    // Entries do not go over the end of a page.
    private bool WriteQueue(Translation pages, int offset, ReadOnlySpan<byte> bytes) =>
        TryTranslate(pages, offset, out ulong at) && DmaWrite(at, bytes, "queue");

    // The table lies in the card's own address space, whose pages the driver has lent it.
    private bool TryTranslate(Translation pages, int offset, out ulong at)
    {
        const ulong Present = 1;
        ulong entryAt = _table + pages.Table + (8ul * (ulong)(offset >> pages.PageShift));
        at = 0;
        Span<byte> entry = stackalloc byte[8];
        if (!_icm.TryGetValue(entryAt >> 12, out ulong page))
        {
            Fault($"translation entry {entryAt:x} lies where nothing is mapped");
            return false;
        }

        if (!DmaRead(page + (entryAt & 4095), entry, "translation entry"))
        {
            return false;
        }

        ulong value = BinaryPrimitives.ReadUInt64BigEndian(entry);
        if ((value & Present) == 0)
        {
            Fault($"translation entry {entryAt:x} is not present");
            return false;
        }

        at = (value & ~0xffful) + (ulong)(offset & ((1 << pages.PageShift) - 1));
        return true;
    }
}

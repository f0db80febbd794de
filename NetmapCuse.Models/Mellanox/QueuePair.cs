using System.Buffers.Binary;

namespace NetmapCuse.Models.Mellanox;

/// <summary>A send queue and a receive queue, as its context describes them (Linux's struct mlx4_qp_context).</summary>
internal sealed class QueuePair
{
    private const int RssFlag = 13;
    private const uint NumberMask = 0xff_ffff;

    internal QueuePair(int number) => Number = number;

    internal int Number { get; }

    internal Opcode State { get; set; }

    internal bool IsRss { get; private set; }

    internal int RssFirst { get; private set; }

    internal int RssCount { get; private set; }

    internal byte[] RssKey { get; private set; } = [];

    internal int SendEntries { get; private set; }

    internal int SendStride { get; private set; }

    internal int ReceiveEntries { get; private set; }

    internal int ReceiveStride { get; private set; }

    internal int SendCompletions { get; private set; }

    internal int ReceiveCompletions { get; private set; }

    internal ulong Doorbell { get; private set; }

    internal Translation Pages { get; private set; }

    internal uint Sent { get; set; }

    internal uint Received { get; set; }

    internal bool IsDue { get; set; }

    /// <summary>The receive queue lies behind the send queue unless its entries are the larger ones.</summary>
    internal int ReceiveOffset => ReceiveStride <= 64 ? SendEntries * SendStride : 0;

    internal int SendOffset => ReceiveStride <= 64 ? 0 : ReceiveEntries * ReceiveStride;

    internal bool IsReady => State is Opcode.RtrToRtsQp or Opcode.RtsToRtsQp;

    internal void Take(ReadOnlySpan<byte> context)
    {
        IsRss = ((BinaryPrimitives.ReadUInt32BigEndian(context) >> RssFlag) & 1) != 0;
        uint rss = BinaryPrimitives.ReadUInt32BigEndian(context[60..]);
        RssFirst = (int)(rss & NumberMask);
        RssCount = 1 << (int)((rss >> 24) & 15);
        RssKey = context.Slice(72, 40).ToArray();
        (ReceiveEntries, ReceiveStride) = (1 << (context[9] >> 3), 16 << (context[9] & 7));
        (SendEntries, SendStride) = (1 << (context[10] >> 3), 16 << (context[10] & 7));
        SendCompletions = (int)(BinaryPrimitives.ReadUInt32BigEndian(context[124..]) & NumberMask);
        ReceiveCompletions = (int)(BinaryPrimitives.ReadUInt32BigEndian(context[156..]) & NumberMask);
        Doorbell = BinaryPrimitives.ReadUInt64BigEndian(context[160..]);
        Pages = new Translation(
            ((ulong)context[203] << 32) | BinaryPrimitives.ReadUInt32BigEndian(context[204..]), 12 + (context[200] & 0x3f));
    }
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Control;

/// <summary>
/// The options of a NIOCCTRL request: read from the caller's memory before the request runs, answered after it
/// (reference/netmap-abi.md sections 4.2 and 4.3). An option that nobody handles keeps EOPNOTSUPP.
/// </summary>
internal sealed class OptionChain
{
    /// <summary>Bytes that the original's copy of a request may have, and what it needs besides body and options.</summary>
    private const int CopyBytesMax = 4208;
    private const int CopyOverhead = 16 + 48;
    private const int PerOptionOverhead = 8 + NmreqOption.Bytes;

    private readonly List<Option> _options = [];

    internal IReadOnlyList<Option> Options => _options;

    /// <summary>Some option was not handled: REGISTER fails with EOPNOTSUPP then.</summary>
    internal bool HasUnhandled => _options.Any(static option => option.Status == Errno.OpNotSupp);

    /// <summary>The option of this type, or null.</summary>
    internal Option? Find(OptionType type) => _options.Find(option => option.Type == type);

    /// <summary>Reads the whole list.</summary>
    /// <param name="memory">The caller's.</param>
    /// <param name="address">nr_options.</param>
    /// <param name="bodyBytes">Bytes of the request's body, which count against the limits.</param>
    /// <param name="chain">The options; on failure those whose status has to be told.</param>
    /// <returns>0, EFAULT, EINVAL or EMSGSIZE.</returns>
    internal static int Read(CallerMemory memory, ulong address, int bodyBytes, out OptionChain chain)
    {
        chain = new OptionChain();
        int copied = CopyOverhead + bodyBytes;
        int counted = bodyBytes;
        while (address != 0)
        {
            if (copied + PerOptionOverhead > CopyBytesMax)
            {
                // Also the end of a list that is linked to itself. Nothing is told to the options then.
                chain._options.Clear();
                return Errno.MsgSize;
            }

            int error = chain.ReadOne(memory, address, ref counted, ref copied, out address);
            if (error != Errno.Ok)
            {
                return error;
            }
        }

        foreach (Option option in chain._options)
        {
            option.Status = Errno.OpNotSupp;
        }

        return Errno.Ok;
    }

    /// <summary>Tells each option its status, and hands back the bodies of those that were honoured.</summary>
    /// <returns>0 or EFAULT.</returns>
    internal int WriteBack(CallerMemory memory, bool requestSucceeded)
    {
        int error = Errno.Ok;
        foreach (Option option in _options)
        {
            uint status = (uint)option.Status;
            bool written = memory.TryWrite(
                option.Address + NmreqOption.StatusOffset, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in status)));
            if (requestSucceeded && option.Status == Errno.Ok)
            {
                written &= memory.TryWrite(option.Address + NmreqOption.Bytes, option.Body);
            }

            error = written ? error : Errno.Fault;
        }

        return error;
    }

    private int ReadOne(CallerMemory memory, ulong address, ref int counted, ref int copied, out ulong next)
    {
        NmreqOption head = default;
        next = 0;
        if (!memory.TryRead(address, MemoryMarshal.AsBytes(new Span<NmreqOption>(ref head))))
        {
            return Errno.Fault;
        }

        next = head.Next;
        Option option = new(address, head.RequestType);
        _options.Add(option);
        copied += PerOptionOverhead;
        if (head.RequestType == OptionType.None)
        {
            option.Status = Errno.Inval;
            return Errno.Inval;
        }

        if (head.RequestType >= OptionType.Max)
        {
            counted += NmreqOption.Bytes;
            return Errno.Ok;
        }

        if (_options.Find(other => other != option && other.Type == option.Type) is { } twin)
        {
            option.Status = Errno.Inval;
            twin.Status = Errno.Inval;
            return Errno.Inval;
        }

        ulong bodyBytes = BodyBytes(head);
        if (bodyBytes > NetmapApi.RequestBytesMax || head.Size > NetmapApi.RequestBytesMax)
        {
            return Errno.MsgSize;
        }

        counted += NmreqOption.Bytes + (int)bodyBytes;
        copied += (int)bodyBytes;
        if (counted > NetmapApi.RequestBytesMax || copied > CopyBytesMax)
        {
            return Errno.MsgSize;
        }

        option.Body = new byte[bodyBytes];
        return memory.TryRead(address + NmreqOption.Bytes, option.Body) ? Errno.Ok : Errno.Fault;
    }

    /// <summary>Bytes behind the head, by type (section 3.5).</summary>
    private static ulong BodyBytes(in NmreqOption head) => head.RequestType switch
    {
        OptionType.ExtMem => 72,
        OptionType.SyncLoopEventFds => Math.Max(head.Size, NmreqOption.Bytes) - NmreqOption.Bytes,
        OptionType.Csb => 16,
        OptionType.SyncLoopMode => 8,
        OptionType.Offsets => 32,
        _ => 0,
    };

    /// <summary>One option of the list.</summary>
    internal sealed class Option(ulong address, OptionType type)
    {
        /// <summary>Where the caller has it.</summary>
        internal ulong Address { get; } = address;

        internal OptionType Type { get; } = type;

        /// <summary>nro_status: 0 or a positive errno.</summary>
        internal int Status { get; set; }

        /// <summary>What follows the head; empty for types that are unknown.</summary>
        internal byte[] Body { get; set; } = [];

        /// <summary>The body as the structure that its type has.</summary>
        internal ref TBody BodyAs<TBody>()
            where TBody : unmanaged => ref MemoryMarshal.AsRef<TBody>(Body.AsSpan());
    }
}

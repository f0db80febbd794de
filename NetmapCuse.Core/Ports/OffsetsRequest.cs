using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>
/// The offsets that a binding asks for (reference/netmap-behaviour.md section 17): checked against its rings when these
/// exist, put in force when nothing can fail any more. Control plane.
/// </summary>
internal sealed class OffsetsRequest(in NmreqOffsets wanted)
{
    private const uint WordBits = 64;

    private readonly NmreqOffsets _wanted = wanted;
    private readonly List<Kring> _given = [];

    /// <summary>What became of it: 0 or a positive errno; EOPNOTSUPP until somebody looked.</summary>
    internal int Status { get; private set; } = Errno.OpNotSupp;

    /// <summary>The largest offset that every ring of the binding honours. Valid once in force.</summary>
    internal ulong GrantedMax { get; private set; }

    private uint Bits => _wanted.OffsetBits == 0 ? WordBits : _wanted.OffsetBits;

    private ulong Mask => Bits >= WordBits ? ulong.MaxValue : (1UL << (int)Bits) - 1;

    /// <summary>Whether the rings can have them: in the order of the original's checks.</summary>
    /// <returns>0, EOPNOTSUPP, EINVAL or EBUSY.</returns>
    internal int Check(Port port, IReadOnlyCollection<Kring> rings)
    {
        Status = !port.SupportsOffsets ? Errno.OpNotSupp
            : !IsValid(port.Region.Layout.Buffer.ObjectSize) ? Errno.Inval
            : rings.Any(ring => _wanted.MaxOffset > port.OffsetMax(ring)) ? Errno.Inval
            : rings.Any(ring => ring.HasOffsets && !IsCovered(ring)) ? Errno.Busy
            : Errno.Ok;
        return Status;
    }

    /// <summary>Puts them in force. Rings that have some keep theirs; initial offsets go to rings that nobody uses.</summary>
    internal void Apply(IEnumerable<Kring> rings)
    {
        GrantedMax = ulong.MaxValue;
        foreach (Kring ring in rings)
        {
            if (!ring.HasOffsets)
            {
                ring.SetOffsets(Mask, _wanted.MaxOffset);
                _given.Add(ring);
            }

            if (ring.Users == 0 && _wanted.InitialOffset != 0)
            {
                ring.InitialiseOffsets(_wanted.InitialOffset);
            }

            GrantedMax = Math.Min(GrantedMax, ring.OffsetMax);
        }

        GrantedMax = GrantedMax == ulong.MaxValue ? _wanted.MaxOffset : GrantedMax;
    }

    /// <summary>The registration failed after all: rings that got offsets from it lose them.</summary>
    internal void Undo()
    {
        foreach (Kring ring in _given.Where(ring => ring.Exists))
        {
            ring.ClearOffsets();
        }
    }

    private bool IsValid(uint bufferSize) =>
        Bits <= WordBits
        && _wanted.MaxOffset <= bufferSize
        && (_wanted.MaxOffset & Mask) == _wanted.MaxOffset
        && _wanted.InitialOffset <= _wanted.MaxOffset;

    private bool IsCovered(Kring ring) => (Mask & ~ring.OffsetMask) == 0 && _wanted.MaxOffset <= ring.OffsetMax;
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Ports;

/// <summary>Which rings of a port a binding selects: a half-open interval in each direction.</summary>
internal readonly record struct RingSelection(Range Tx, Range Rx)
{
    private static readonly Range s_none = 0..0;

    /// <summary>Ring selection by mode and ring id (reference/netmap-behaviour.md section 2.2).</summary>
    /// <returns>0 or EINVAL.</returns>
    internal static int TrySelect(
        Port port, RegisterMode mode, RegisterFlags flags, uint ringId, out RingSelection selection)
    {
        uint nic = Math.Max(port.Rings.Tx, port.Rings.Rx);
        uint host = Math.Max(port.HostTxRings, port.HostRxRings);
        bool valid = mode switch
        {
            RegisterMode.AllNic or RegisterMode.Null => true,
            RegisterMode.Host or RegisterMode.NicAndHost => host > 0,
            RegisterMode.OneNic => ringId < nic,
            RegisterMode.OneHost => ringId < host,
            _ => false,
        };
        bool rxOnly = (flags & RegisterFlags.RxRingsOnly) != 0;
        bool txOnly = (flags & RegisterFlags.TxRingsOnly) != 0;
        selection = valid
            ? new RingSelection(
                rxOnly ? s_none : Select(mode, port.Rings.Tx, port.HostTxRings, ringId),
                txOnly ? s_none : Select(mode, port.Rings.Rx, port.HostRxRings, ringId))
            : default;

        // With both flags neither direction is examined: no rings, and any mode.
        return valid || (rxOnly && txOnly) ? Errno.Ok : Errno.Inval;
    }

    /// <summary>A ring id that only the other direction has selects the first ring of this one.</summary>
    private static Range Select(RegisterMode mode, uint nic, uint host, uint ringId)
    {
        (uint first, uint end) = mode switch
        {
            RegisterMode.Host => (nic, nic + host),
            RegisterMode.NicAndHost => (0u, nic + host),
            RegisterMode.OneNic => ringId < nic ? (ringId, ringId + 1) : (0, Math.Min(nic, 1)),
            RegisterMode.OneHost => ringId < host ? (nic + ringId, nic + ringId + 1) : (nic, nic + Math.Min(host, 1)),
            _ => (0u, nic),
        };
        return (int)first..(int)end;
    }
}

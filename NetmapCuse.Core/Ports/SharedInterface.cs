using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>Makes the netmap_if of a binding (reference/netmap-abi.md section 7.4).</summary>
internal static class SharedInterface
{
    /// <summary>One object has room for the ring offsets of a port without host rings.</summary>
    internal static bool Fits(Region region, PortRings rings) =>
        NetmapIf.Bytes + (8 * (rings.Tx + rings.Rx + 2UL)) <= region.Layout.If.ObjectSize;

    /// <summary>Null: ENOMEM, no object left or too many rings for one.</summary>
    internal static InterfaceView? TryCreate(Port port, RingSelection selection)
    {
        // NETMAP_RXRING counts on a host ring in the table, also where there is none.
        uint hostTx = Math.Max(port.HostTxRings, 1);
        uint hostRx = Math.Max(port.HostRxRings, 1);
        Kring?[] rings = new Kring?[port.Rings.Tx + hostTx + port.Rings.Rx + hostRx];
        Region region = port.Region;
        if (NetmapIf.Bytes + (8 * rings.Length) > region.Layout.If.ObjectSize || !region.TryTakeIf(out uint index))
        {
            return null;
        }

        port.Tx[selection.Tx].CopyTo(rings, selection.Tx.Start.Value);
        port.Rx[selection.Rx].CopyTo(rings, (int)(port.Rings.Tx + hostTx) + selection.Rx.Start.Value);
        NetmapIf header = new()
        {
            Flags = region.IsPrivate ? NetmapIf.PrivateMemory : 0,
            TxRings = port.Rings.Tx,
            RxRings = port.Rings.Rx,
            HostTxRings = hostTx,
            HostRxRings = hostRx,
        };
        WireName.Write(header.Name, port.Name);
        InterfaceView view = new(region, index);
        view.Write(header, rings);
        return view;
    }
}

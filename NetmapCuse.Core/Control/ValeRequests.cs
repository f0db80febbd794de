using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Naming;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core.Control;

/// <summary>Requests that make, attach and end VALE ports (reference/netmap-behaviour.md section 10).</summary>
internal static class ValeRequests
{
    internal static int NewInterface(PortDirectory ports, ControlRequest request)
    {
        ref NmreqValeNewInterface body = ref request.BodyAs<NmreqValeNewInterface>();
        PortRequest wanted = new()
        {
            Name = request.Name,
            Rings = new PortRings(body.TxRings, body.RxRings, body.TxSlots, body.RxSlots),
            MemoryId = body.MemoryId,
            Place = request.Place,
            User = request.User,
            RegionLimit = request.IsLegacy ? RegionTable.LegacyLimit : ulong.MaxValue,
        };
        int error = ports.MakePersistent(wanted, out Port port);
        if (error == Errno.Ok)
        {
            body.TxSlots = port.Rings.TxSlots;
            body.RxSlots = port.Rings.RxSlots;
            body.TxRings = (ushort)port.Rings.Tx;
            body.RxRings = (ushort)port.Rings.Rx;
            body.MemoryId = port.Region.Id;
        }

        return error;
    }

    internal static int Attach(PortDirectory ports, ControlRequest request)
    {
        ref NmreqValeAttach body = ref request.BodyAs<NmreqValeAttach>();
        if (request.Options.HasUnhandled)
        {
            return Errno.OpNotSupp;
        }

        PortRequest wanted = InfoRequests.ToPortRequest(request, body.Register);
        int error = ports.Attach(wanted, body.Register, out int index);
        body.PortIndex = error == Errno.Ok ? (uint)index : body.PortIndex;
        return error;
    }

    internal static int Detach(PortDirectory ports, ControlRequest request)
    {
        ref NmreqValeDetach body = ref request.BodyAs<NmreqValeDetach>();
        int error = ports.Detach(request.Name, request.Place, out int index);
        body.PortIndex = error == Errno.Ok ? (uint)index : body.PortIndex;
        return error;
    }

    internal static int Polling(PortDirectory ports, ControlRequest request, bool enable) =>
        ports.SetPolling(request.Name, request.Place, request.BodyAs<NmreqValePolling>(), enable);
}

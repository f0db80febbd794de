using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Naming;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Vale;
using NetmapCuse.Core.Vale.Guests;

namespace NetmapCuse.Core.Control;

/// <summary>PORT_HDR_SET (reference/netmap-behaviour.md section 11).</summary>
internal static class HeaderRequests
{
    /// <summary>Sets the length of the virtio-net header of a VALE port. The length is looked at before the name.</summary>
    /// <returns>0, EINVAL, ENXIO, or EBUSY for the port of a guest.</returns>
    internal static int Set(PortDirectory ports, ControlRequest request)
    {
        uint length = request.BodyAs<NmreqPortHeader>().HeaderLength;
        if (!VnetHeader.IsLength(length))
        {
            return Errno.Inval;
        }

        if (ports.Find(new PortRequest { Name = request.Name, Place = request.Place, MayCreate = false }, out Port port) != Errno.Ok)
        {
            return Errno.NxIo;
        }

        ValePort? vale = (port is AttachedPort station ? station.Inner : port) as ValePort;
        if (vale is GuestPort)
        {
            // A guest has the header that its driver has agreed on.
            port.DropReference();
            return Errno.Busy;
        }

        vale?.SetVnetHeader(length);
        port.DropReference();
        return vale is null ? Errno.NxIo : Errno.Ok;
    }
}

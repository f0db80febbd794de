using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Files;

namespace NetmapCuse.Core.Control;

/// <summary>The VALE commands of NIOCREGIF (reference/netmap-behaviour.md section 3.2).</summary>
internal static class LegacyVale
{
    internal static int Attach(ControlPlane plane, OpenFile file, ref Nmreq old, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        NmreqValeAttach body = new()
        {
            Register = new NmreqRegister
            {
                TxSlots = old.TxSlots,
                RxSlots = old.RxSlots,
                TxRings = old.TxRings,
                RxRings = old.RxRings,
                MemoryId = old.Arg2,
                RingId = (ushort)(old.RingId & LegacyRingId.RingMask),
                Mode = (old.Arg1 & LegacyCommandArgument.AttachHost) != 0 ? RegisterMode.NicAndHost : RegisterMode.AllNic,
                ExtraBuffers = old.Arg3,
            },
        };

        // Nothing of the body changes but the index, for which the old structure has no field.
        return LegacyIoctl.Run(plane, file, RequestType.ValeAttach, ref name, ref body, client);
    }

    internal static int Detach(ControlPlane plane, OpenFile file, in Nmreq old, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        NmreqValeDetach body = default;
        return LegacyIoctl.Run(plane, file, RequestType.ValeDetach, ref name, ref body, client);
    }

    internal static int NewInterface(ControlPlane plane, OpenFile file, ref Nmreq old, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        NmreqValeNewInterface body = new()
        {
            TxSlots = old.TxSlots,
            RxSlots = old.RxSlots,
            TxRings = old.TxRings,
            RxRings = old.RxRings,
            MemoryId = old.Arg2,
        };
        int error = LegacyIoctl.Run(plane, file, RequestType.ValeNewInterface, ref name, ref body, client);
        if (error == Errno.Ok)
        {
            old.TxSlots = body.TxSlots;
            old.RxSlots = body.RxSlots;
            old.TxRings = body.TxRings;
            old.RxRings = body.RxRings;
            old.Arg2 = body.MemoryId;
        }

        return error;
    }

    internal static int DeleteInterface(ControlPlane plane, OpenFile file, in Nmreq old, ClientProcess client) =>
        plane.Run(file, new ControlRequest
        {
            Type = RequestType.ValeDeleteInterface,
            Name = WireName.Read(old.Name),
            Body = [],
            IsLegacy = true,
            Client = client,
        });

    /// <summary>The mode is told by nr_flags: ONE_NIC for a CPU a ring, ALL_NIC for one CPU; others are invalid.</summary>
    internal static int Polling(ControlPlane plane, OpenFile file, in Nmreq old, bool enable, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        NmreqValePolling body = new()
        {
            Mode = ((RegisterMode)old.Flags & RegisterMode.LegacyMask) switch
            {
                RegisterMode.AllNic => 1,
                RegisterMode.OneNic => 2,
                _ => 0,
            },
            FirstCpu = (uint)(old.RingId & LegacyRingId.RingMask),
            Cpus = old.Arg1,
        };
        RequestType type = enable ? RequestType.ValePollingEnable : RequestType.ValePollingDisable;
        return LegacyIoctl.Run(plane, file, type, ref name, ref body, client);
    }
}

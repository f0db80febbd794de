using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Files;

namespace NetmapCuse.Core.Control;

/// <summary>
/// NIOCREGIF and NIOCGINFO: struct nmreq turned into a NIOCCTRL request and back (netmap-behaviour.md section 3). Fields
/// come back only after success, and nr_flags, nr_ringid, nr_cmd and nr_version never change.
/// </summary>
internal static class LegacyIoctl
{
    internal static int Register(ControlPlane plane, OpenFile file, Span<byte> data, ClientProcess client)
    {
        if (!TryGet(data, out Nmreq old))
        {
            return Errno.Inval;
        }

        int error = old.Command switch
        {
            LegacyCommand.None => Bind(plane, file, ref old, client),
            LegacyCommand.VnetHeaderGet => GetHeader(plane, file, ref old, client),
            LegacyCommand.BridgeVnetHeader => SetHeader(plane, file, ref old, client),
            LegacyCommand.PassThroughHostCreate or LegacyCommand.PassThroughHostDelete => Errno.NoMem,
            LegacyCommand.BridgeAttach => LegacyVale.Attach(plane, file, ref old, client),
            LegacyCommand.BridgeDetach => LegacyVale.Detach(plane, file, old, client),
            LegacyCommand.BridgeNewInterface => LegacyVale.NewInterface(plane, file, ref old, client),
            LegacyCommand.BridgeDeleteInterface => LegacyVale.DeleteInterface(plane, file, old, client),
            LegacyCommand.BridgePollingOn => LegacyVale.Polling(plane, file, old, enable: true, client),
            LegacyCommand.BridgePollingOff => LegacyVale.Polling(plane, file, old, enable: false, client),
            _ => Errno.Inval,
        };
        return PutIfDone(data, old, error);
    }

    internal static int GetInfo(ControlPlane plane, OpenFile file, Span<byte> data, ClientProcess client)
    {
        if (!TryGet(data, out Nmreq old))
        {
            return Errno.Inval;
        }

        int error = old.Command == LegacyCommand.BridgeList
            ? List(plane, file, ref old, client)
            : Info(plane, file, ref old, client);
        return PutIfDone(data, old, error);
    }

    private static int Bind(ControlPlane plane, OpenFile file, ref Nmreq old, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        RegisterMode mode = (RegisterMode)old.Flags & RegisterMode.LegacyMask;
        ushort ring = (ushort)(old.RingId & LegacyRingId.RingMask);
        if (mode == RegisterMode.Default)
        {
            mode = (old.RingId & LegacyRingId.HostRing) != 0 ? RegisterMode.Host
                : (old.RingId & LegacyRingId.OneNicRing) != 0 ? RegisterMode.OneNic
                : RegisterMode.AllNic;
        }
        else if (mode is RegisterMode.PipeMaster or RegisterMode.PipeSlave)
        {
            name += string.Create(
                CultureInfo.InvariantCulture, $"{(mode == RegisterMode.PipeMaster ? '{' : '}')}{ring}");
            mode = RegisterMode.AllNic;
            ring = 0;
        }

        RegisterFlags flags = (RegisterFlags)(old.Flags & ~(uint)RegisterMode.LegacyMask);
        flags |= (old.RingId & LegacyRingId.NoTxPoll) != 0 ? RegisterFlags.NoTxPoll : 0;
        flags |= (old.RingId & LegacyRingId.DoRxPoll) != 0 ? RegisterFlags.DoRxPoll : 0;
        NmreqRegister body = new()
        {
            TxSlots = old.TxSlots,
            RxSlots = old.RxSlots,
            TxRings = old.TxRings,
            RxRings = old.RxRings,
            MemoryId = old.Arg2,
            RingId = ring,
            Mode = mode,
            ExtraBuffers = old.Arg3,
            Flags = flags,
        };
        int error = Run(plane, file, RequestType.Register, ref name, ref body, client);
        if (error == Errno.Ok)
        {
            old.Offset = (uint)body.Offset;
            old.MemorySize = (uint)body.MemorySize;
            old.TxSlots = body.TxSlots;
            old.RxSlots = body.RxSlots;
            old.TxRings = body.TxRings;
            old.RxRings = body.RxRings;
            old.Arg2 = body.MemoryId;
            old.Arg3 = body.ExtraBuffers;
        }

        return error;
    }

    private static int Info(ControlPlane plane, OpenFile file, ref Nmreq old, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        NmreqPortInfoGet body = new()
        {
            TxSlots = old.TxSlots,
            RxSlots = old.RxSlots,
            TxRings = old.TxRings,
            RxRings = old.RxRings,
            MemoryId = old.Arg2,
        };
        int error = Run(plane, file, RequestType.PortInfoGet, ref name, ref body, client);
        if (error == Errno.Ok)
        {
            old.MemorySize = (uint)body.MemorySize;
            old.TxSlots = body.TxSlots;
            old.RxSlots = body.RxSlots;
            old.TxRings = body.TxRings;
            old.RxRings = body.RxRings;
            old.Arg2 = body.MemoryId;
        }

        return error;
    }

    private static int List(ControlPlane plane, OpenFile file, ref Nmreq old, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        NmreqValeList body = new() { BridgeIndex = old.Arg1, PortIndex = old.Arg2 };
        int error = Run(plane, file, RequestType.ValeList, ref name, ref body, client);
        if (error == Errno.Ok)
        {
            WireName.Write(old.Name, name);
            old.Arg1 = body.BridgeIndex;
            old.Arg2 = (ushort)body.PortIndex;
        }

        return error;
    }

    private static int GetHeader(ControlPlane plane, OpenFile file, ref Nmreq old, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        NmreqPortHeader body = default;
        int error = Run(plane, file, RequestType.PortHeaderGet, ref name, ref body, client);
        old.Arg1 = error == Errno.Ok ? (ushort)body.HeaderLength : old.Arg1;
        return error;
    }

    private static int SetHeader(ControlPlane plane, OpenFile file, ref Nmreq old, ClientProcess client)
    {
        string name = WireName.Read(old.Name);
        NmreqPortHeader body = new() { HeaderLength = old.Arg1 };
        return Run(plane, file, RequestType.PortHeaderSet, ref name, ref body, client);
    }

    internal static int Run<TBody>(
        ControlPlane plane, OpenFile file, RequestType type, ref string name, ref TBody body, ClientProcess client)
        where TBody : unmanaged
    {
        ControlRequest request = new()
        {
            Type = type,
            Name = name,
            Body = MemoryMarshal.AsBytes(new ReadOnlySpan<TBody>(in body)).ToArray(),
            IsLegacy = true,
            Client = client,
        };
        int error = plane.Run(file, request);
        name = request.Name;
        body = MemoryMarshal.Read<TBody>(request.Body);
        return error;
    }

    private static bool TryGet(ReadOnlySpan<byte> data, out Nmreq old)
    {
        if (!MemoryMarshal.TryRead(data, out old) || old.Version < NetmapApi.VersionMin)
        {
            return false;
        }

        old.Name[15] = 0;
        return true;
    }

    private static int PutIfDone(Span<byte> data, in Nmreq old, int error)
    {
        if (error == Errno.Ok)
        {
            MemoryMarshal.Write(data, in old);
        }

        return error;
    }
}

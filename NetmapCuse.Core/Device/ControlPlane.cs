using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Ports;
using Serilog;

namespace NetmapCuse.Core.Device;

/// <summary>
/// Everything that changes ports, regions and bindings of one device file. Requests run one at a time under one lock and
/// may allocate; syncs never come here.
/// </summary>
internal sealed class ControlPlane(PortDirectory ports, ILogger log)
{
    private readonly Lock _lock = new();

    /// <summary>Runs a request; its body and name are edited in place.</summary>
    /// <returns>0 or a positive errno.</returns>
    internal int Run(OpenFile file, ControlRequest request)
    {
        lock (_lock)
        {
            return request.Type switch
            {
                RequestType.Register => Register(file, request),
                RequestType.PortInfoGet => InfoRequests.PortInfo(ports, request),
                RequestType.PoolsInfoGet => InfoRequests.PoolsInfo(ports, request),
                RequestType.ValeList => InfoRequests.ValeList(ports, request),
                RequestType.PortHeaderGet => InfoRequests.PortHeader(ports, request),
                RequestType.ValeNewInterface => ValeRequests.NewInterface(ports, request),
                RequestType.ValeDeleteInterface => ports.DeletePersistent(request.Name),
                RequestType.ValeAttach => ValeRequests.Attach(ports, request),
                RequestType.ValeDetach => ValeRequests.Detach(ports, request),
                RequestType.ValePollingEnable => ValeRequests.Polling(ports, request, enable: true),
                RequestType.ValePollingDisable => ValeRequests.Polling(ports, request, enable: false),
                RequestType.None or > RequestType.CsbEnable => Errno.Inval,
                _ => Errno.OpNotSupp,
            };
        }
    }

    /// <summary>Unbinds a file whose last duplicate is gone.</summary>
    internal void Release(OpenFile file)
    {
        lock (_lock)
        {
            Unbind(file);
        }
    }

    /// <summary>Looks at the ports under the lock, for status views.</summary>
    internal T Inspect<T>(Func<PortDirectory, T> look)
    {
        lock (_lock)
        {
            return look(ports);
        }
    }

    /// <summary>Ends what lasts without an open file. No file is open any more.</summary>
    internal void End()
    {
        lock (_lock)
        {
            ports.EndAll();
        }
    }

    private int Register(OpenFile file, ControlRequest request)
    {
        ref NmreqRegister body = ref request.BodyAs<NmreqRegister>();
        if (file.Binding is not null)
        {
            return Errno.Busy;
        }

        if (body.MemoryId != 0 && ports.Regions.Find(body.MemoryId) is null)
        {
            return Errno.Inval;
        }

        if (body.Mode is RegisterMode.PipeMaster or RegisterMode.PipeSlave)
        {
            return Errno.Inval;
        }

        PortRequest wanted = InfoRequests.ToPortRequest(request, body);
        int error = ports.Find(wanted, out Port port);
        if (error != Errno.Ok)
        {
            return error;
        }

        error = Bind(file, port, wanted, request, ref body);
        port.DropReference();
        return error;
    }

    private int Bind(OpenFile file, Port port, PortRequest wanted, ControlRequest request, ref NmreqRegister body)
    {
        if (port.IsOwnedBySwitch)
        {
            return Errno.Busy;
        }

        if (port.VnetHeaderLength != 0 && (wanted.Flags & RegisterFlags.AcceptVnetHeader) == 0)
        {
            return Errno.Io;
        }

        if (port.Region.MappedSize > wanted.RegionLimit)
        {
            log.Warning(
                "Port {Name} lies beyond 4 GiB, out of reach of NIOCREGIF: open it first, or use a program with NIOCCTRL",
                port.Name);
            return Errno.NoMem;
        }

        int error = ports.Prepare(port, wanted.MemoryId, body);
        if (error != Errno.Ok)
        {
            port.ReturnToOwnRegion();
            return error;
        }

        error = Binding.TryCreate(port, wanted, body.RingId, file, ports.Tunables, out Binding? binding);
        if (error != Errno.Ok)
        {
            port.ReturnToOwnRegion();
            return error;
        }

        file.Binding = binding;
        if (request.Options.HasUnhandled)
        {
            Unbind(file);
            return Errno.OpNotSupp;
        }

        Describe(ref body, port, binding!);
        log.Debug("Bound {Name}, mode {Mode}, memory id {MemoryId}", port.Name, body.Mode, body.MemoryId);
        return Errno.Ok;
    }

    private static void Describe(ref NmreqRegister body, Port port, Binding binding)
    {
        body.Offset = binding.InterfaceOffset;
        body.MemorySize = port.Region.MappedSize;
        body.TxSlots = port.Rings.TxSlots;
        body.RxSlots = port.Rings.RxSlots;
        body.TxRings = (ushort)port.Rings.Tx;
        body.RxRings = (ushort)port.Rings.Rx;
        body.HostTxRings = (ushort)port.HostTxRings;
        body.HostRxRings = (ushort)port.HostRxRings;
        body.MemoryId = port.Region.Id;
        body.ExtraBuffers = binding.ExtraBuffers;
    }

    private static void Unbind(OpenFile file)
    {
        file.Binding?.End();
        file.Binding = null;
    }
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Loops;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Monitors;
using NetmapCuse.Core.Naming;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Vale.Guests;
using Serilog;

namespace NetmapCuse.Core.Control;

/// <summary>
/// Everything that changes ports, regions and bindings of one device file. Requests run one at a time under one lock and
/// may allocate; syncs never come here.
/// </summary>
internal sealed class ControlPlane(PortDirectory ports, ILogger log)
{
    private readonly Lock _lock = new();
    private readonly SyncLoops _loops = new(ports.Regions.Quotas, log);

    /// <summary>Whether programs of a user may take over an interface. Before the first request.</summary>
    internal Func<uint, string, bool> MayTake { get; set; } = static (_, _) => true;

    /// <summary>Runs a request; its body and name are edited in place.</summary>
    /// <returns>0, a positive errno, or <see cref="ControlRequest.Pending"/>.</returns>
    internal int Run(OpenFile file, ControlRequest request)
    {
        request.User = file.Owner;
        if (InterfaceRights.InterfaceOf(request) is { } name && !MayTake(file.Owner, name))
        {
            log.Warning("User {User} may not take {Interface}: [interfaces] in the configuration", file.Owner, InterfaceRights.Printable(name));
            return Errno.Acces;
        }

        if (request.Type == RequestType.Register && file.Binding is null)
        {
            ExtMemRequests.Open(request, Inspect(static ports => ports.Regions.PrivateMinimum), log);
        }

        int error = RunLocked(file, request);
        if (error == Errno.Ok && CsbRequests.OptionOf(request) is { } csb)
        {
            error = EnterCsbMode(file, request, csb);
        }

        request.External?.Dispose();
        return error;
    }

    /// <summary>
    /// Half a change is none: what a request has done before it failed is taken back. What escapes from it is our mistake, but costs
    /// this request only, unless the books are wrong.
    /// </summary>
    private int RunLocked(OpenFile file, ControlRequest request)
    {
        lock (_lock)
        {
            int error = request.LooksAtNames ? ports.Scopes.TryEnter(request.Client.Place) : Errno.Ok;
            if (error != Errno.Ok)
            {
                return error;
            }

            try
            {
                error = Execute(file, request);
            }
            catch (Exception escape) when (escape is not BrokenInvariantException)
            {
                error = Explain(request, escape);
            }

            if (error is not (Errno.Ok or ControlRequest.Pending))
            {
                request.Undo.TakeBack();
            }
            else if (file.Reserved is null)
            {
                request.Undo.Keep();
            }

            ports.Scopes.DropEmpty();
            return error;
        }
    }

    /// <summary>EIO, with the reason in the log.</summary>
    private int Explain(ControlRequest request, Exception escape)
    {
        log.Error(escape, "{Type} of {Name} failed by a mistake of netmapcuse; it was undone", request.Type, request.Name);
        return Errno.Io;
    }

    private int Execute(OpenFile file, ControlRequest request) => request.Type switch
    {
        RequestType.SyncLoopStart => _loops.Start(file, request, OnLoopEnded),
        RequestType.SyncLoopStop => SyncLoops.Stop(file, request),
        RequestType.CsbEnable => CsbRequests.OptionOf(request) is null ? Errno.Inval : Errno.Ok,
        RequestType.Register => Register(file, request),
        RequestType.PortInfoGet => InfoRequests.PortInfo(ports, request),
        RequestType.PoolsInfoGet => InfoRequests.PoolsInfo(ports, request),
        RequestType.ValeList => InfoRequests.ValeList(ports, request),
        RequestType.PortHeaderGet => InfoRequests.PortHeader(ports, request),
        RequestType.ValeNewInterface => ValeRequests.NewInterface(ports, request),
        RequestType.ValeDeleteInterface => ports.DeletePersistent(request.Name, request.Place),
        RequestType.ValeAttach => ValeRequests.Attach(ports, request),
        RequestType.ValeDetach => ValeRequests.Detach(ports, request),
        RequestType.ValePollingEnable => ValeRequests.Polling(ports, request, enable: true),
        RequestType.ValePollingDisable => ValeRequests.Polling(ports, request, enable: false),
        RequestType.PortHeaderSet => HeaderRequests.Set(ports, request),
        _ => Errno.Inval,
    };

    /// <summary>Unbinds a file whose last duplicate is gone.</summary>
    internal void Release(OpenFile file)
    {
        file.Calls.Close();
        lock (_lock)
        {
            file.IsReleased = true;
            if (file.Loop is { } loop)
            {
                // Its caller was answered although it hangs. It unbinds when it comes back.
                loop.RequestStop(Errno.Intr);
            }
            else
            {
                Unbind(file);
            }
        }
    }

    /// <summary>Ends all sync loops. False when some do not end in time.</summary>
    internal bool EndLoops()
    {
        const int PatienceMs = 2000;
        lock (_lock)
        {
            _loops.StopAll();
        }

        return SpinWait.SpinUntil(() => Inspect(_ => _loops.Count) == 0, PatienceMs);
    }

    /// <summary>Gives memory back that clients touched outside of regions, in pieces, so that nobody waits long for the lock.</summary>
    internal void Sweep()
    {
        const int PiecesMax = 128;
        const ulong Piece = 32UL << 20;
        bool more = true;
        for (int i = 0; i < PiecesMax && more; i++)
        {
            lock (_lock)
            {
                ulong budget = Piece;
                _ = ports.Regions.Sweep(ref budget);
                more = budget == 0;
            }
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

    /// <summary>Makes the port of a virtual machine (<see cref="PortDirectory.MakeGuest"/>).</summary>
    internal int AddGuest(string name, int pairs, out GuestPort? port)
    {
        lock (_lock)
        {
            return ports.MakeGuest(name, pairs, out port);
        }
    }

    /// <summary>Ends it. Its rings do not run any more, and no thread forwards for it.</summary>
    internal void RemoveGuest(GuestPort port)
    {
        lock (_lock)
        {
            port.DropReference();
            port.Dispose();
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
        if (file.IsReleased)
        {
            // The caller was answered because its memory did not, and has gone.
            return Errno.BadF;
        }

        if (file.Binding is not null || file.Reserved is not null)
        {
            return Errno.Busy;
        }

        int error = ExtMemRequests.Use(ports.Regions, request, out Region? external);
        if (error != Errno.Ok)
        {
            return error;
        }

        try
        {
            return Register(file, request, ref body, external);
        }
        finally
        {
            external?.DropReference();
        }
    }

    /// <param name="file">The file.</param>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="external">The region for a port that is made, instead of that of nr_mem_id.</param>
    private int Register(OpenFile file, ControlRequest request, ref NmreqRegister body, Region? external)
    {
        if (external is null && body.MemoryId != 0 && ports.Regions.Find(body.MemoryId) is null)
        {
            return Errno.Inval;
        }

        if (body.Mode is RegisterMode.PipeMaster or RegisterMode.PipeSlave)
        {
            return Errno.Inval;
        }

        PortRequest wanted = InfoRequests.ToPortRequest(request, body);
        wanted = external is null ? wanted : wanted with { MemoryId = external.Id };
        int error = ports.Find(wanted, out Port port);
        if (error != Errno.Ok)
        {
            return error;
        }

        try
        {
            return Bind(file, port, wanted, request, ref body);
        }
        finally
        {
            port.DropReference();
        }
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

        request.Undo.Add(port.ReturnToOwnRegion);
        int error = ports.Prepare(port, wanted.MemoryId, body);
        if (error != Errno.Ok)
        {
            return error;
        }

        wanted = wanted with { Offsets = OffsetsOption.Read(request.Options), Tunables = ports.Tunables };
        error = Binding.TryCreate(port, wanted, body.RingId, file, out Binding? binding);
        OffsetsOption.Answer(request.Options, wanted.Offsets);
        if (error != Errno.Ok)
        {
            return error;
        }

        Reserve(file, binding!, request, wanted.Offsets);
        if (CsbRequests.OptionOf(request) is { } csb)
        {
            // Good so far; its addresses are looked at when the lock is free.
            csb.Status = Errno.Ok;
        }

        if (request.Options.HasUnhandled)
        {
            return Errno.OpNotSupp;
        }

        if (port.Region.IsExternal)
        {
            log.Debug("{Name} lies in a client's memory: mapping the descriptor shows something else", port.Name);
        }

        Describe(ref body, port, binding!);
        binding!.Enter(request.Client.ProcessId, file.Owner, ThreadName.Of(request.Client.ProcessId), body.Mode);
        log.Debug("Bound {Name}, mode {Mode}, memory id {MemoryId}", port.Name, body.Mode, body.MemoryId);
        if (CsbRequests.OptionOf(request) is null)
        {
            Publish(file);
        }

        return Errno.Ok;
    }

    /// <summary>A binding that may have to go again: syncs and polls of the file do not see it yet.</summary>
    private static void Reserve(OpenFile file, Binding binding, ControlRequest request, OffsetsRequest? offsets)
    {
        file.Reserved = binding;
        request.Undo.Add(() =>
        {
            offsets?.Undo();
            file.Reserved = null;
            binding.End();
        });
    }

    /// <summary>Nothing can fail any more.</summary>
    private static void Publish(OpenFile file)
    {
        file.Binding = file.Reserved;
        file.Reserved = null;
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
        body.Flags |= port is MonitorPort { IsZeroCopy: true } ? MonitorPort.BothDirections : 0;
    }

    /// <summary>The end of a REGISTER or CSB_ENABLE with CSB arrays. A REGISTER is undone when they are no good.</summary>
    private int EnterCsbMode(OpenFile file, ControlRequest request, OptionChain.Option option)
    {
        NmreqCsb addresses = option.BodyAs<NmreqCsb>();
        bool registers = request.Type == RequestType.Register;
        int error;
        Binding? binding;
        lock (_lock)
        {
            error = CsbRequests.Check(file, registers ? file.Reserved : file.Binding, out binding);
        }

        try
        {
            if (error == Errno.Ok && binding is not null)
            {
                error = CsbRequests.Initialise(binding, addresses, request.Client.Memory);
            }
        }
        catch (Exception escape) when (escape is not BrokenInvariantException)
        {
            error = Explain(request, escape);
        }

        lock (_lock)
        {
            // Another thread of the program may have been here in between.
            bool isLate = registers
                ? file.IsReleased
                : file.Loop is not null || (binding is not null && file.Binding != binding);
            error = error == Errno.Ok && isLate ? Errno.Busy : error;
            option.Status = error;
            if (error != Errno.Ok)
            {
                request.Undo.TakeBack();
                return error;
            }

            file.Csb = binding is not null ? new CsbState(addresses) : file.Csb;
            if (registers)
            {
                Publish(file);
            }

            request.Undo.Keep();
        }

        return error;
    }

    /// <summary>A loop's thread is about to end.</summary>
    private void OnLoopEnded(OpenFile file, SyncLoop loop)
    {
        lock (_lock)
        {
            _loops.Forget(file, loop);
            if (file.IsReleased)
            {
                Unbind(file);
            }
        }
    }

    private void Unbind(OpenFile file)
    {
        file.Csb = null;
        file.LoopStopMark = false;
        file.Binding?.End();
        file.Binding = null;
        ports.Scopes.DropEmpty();
    }
}

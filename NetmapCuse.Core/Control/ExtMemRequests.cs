using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using Serilog;

namespace NetmapCuse.Core.Control;

/// <summary>
/// The extmem option of REGISTER: the region is built in shared memory of the caller (reference/netmap-behaviour.md
/// section 15).
/// </summary>
internal static class ExtMemRequests
{
    /// <summary>
    /// Maps the caller's memory. Called without the lock of the control plane. The result stays in the request, which
    /// owns it until a region takes it over.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="minimum">The least that a private region has.</param>
    /// <param name="log">Where a refusal is told with its remedy.</param>
    internal static void Open(ControlRequest request, in RegionSizes minimum, ILogger log)
    {
        if (request.Options.Find(OptionType.ExtMem) is not { } option)
        {
            return;
        }

        ref NmreqExtMem body = ref option.BodyAs<NmreqExtMem>();
        ExtMemLayout.Complete(ref body.Info, minimum);
        if (body.Info.MemorySize == 0)
        {
            request.ExternalError = Errno.NoMem;
            return;
        }

        ulong address = body.Address;
        ulong size = body.Info.MemorySize;
        ExternalMemory.Refusal refusal = ExternalMemory.Refusal.NotMapped;
        request.External = request.Client.Look(folder =>
        {
            refusal = ExternalMemory.TryOpen(folder, address, size, out ExternalMemory? memory);
            return memory;
        });
        refusal = request.External is null && refusal == ExternalMemory.Refusal.None ? ExternalMemory.Refusal.NotMapped : refusal;
        request.ExternalError = refusal == ExternalMemory.Refusal.None ? Errno.Ok : Errno.Fault;
        if (refusal != ExternalMemory.Refusal.None)
        {
            log.Warning(
                "External memory for {Name} at {Address:x}, {Size} bytes, of process {Process}: {Reason}",
                request.Name, body.Address, body.Info.MemorySize, request.Client.ProcessId, Explain(refusal));
        }
    }

    /// <summary>The region in the caller's memory: the one that is there already, or a new one.</summary>
    /// <param name="regions">All regions.</param>
    /// <param name="request">After <see cref="Open"/>.</param>
    /// <param name="region">The region with a reference taken, or null when the request has no such option.</param>
    /// <returns>0, EFAULT or ENOMEM, which is also the status of the option.</returns>
    internal static int Use(RegionTable regions, ControlRequest request, out Region? region)
    {
        region = null;
        if (request.Options.Find(OptionType.ExtMem) is not { } option)
        {
            return Errno.Ok;
        }

        // Neither memory nor error: the file was bound when the memory was asked for, and is not any more.
        bool isMissing = request.External is null && request.ExternalError == Errno.Ok;
        option.Status = isMissing ? Errno.Busy : request.ExternalError;
        if (option.Status == Errno.Ok)
        {
            region = regions.FindExternal(request.External!.Identity);
            option.Status = region is null ? Create(regions, request, option, out region) : Errno.Ok;
        }

        region?.AddReference();
        return option.Status;
    }

    private static int Create(RegionTable regions, ControlRequest request, OptionChain.Option option, out Region? region)
    {
        region = null;
        NmreqPoolsInfo info = option.BodyAs<NmreqExtMem>().Info;
        int error = ExtMemLayout.TryCreate(info, out RegionLayout layout);
        if (error != Errno.Ok)
        {
            return error;
        }

        region = regions.TryCreateExternal(request.External!, layout, request.User);
        if (region is null)
        {
            return Errno.NoMem;
        }

        request.External = null;
        return Errno.Ok;
    }

    private static string Explain(ExternalMemory.Refusal refusal) => refusal switch
    {
        ExternalMemory.Refusal.Private =>
            "it is private, and only a kernel could share that: use memfd_create, mmap with MAP_SHARED | MAP_ANONYMOUS, "
            + "or a file on tmpfs or hugetlbfs",
        ExternalMemory.Refusal.NotInMemory =>
            "its file is not on a file system that lives in memory: use memfd_create, or a file on tmpfs or hugetlbfs",
        ExternalMemory.Refusal.TooLarge => "it is more than 256 GiB",
        ExternalMemory.Refusal.NotMapped => "the caller has no such range mapped, in one piece, shared and writable",
        _ => "its file is too short, or cannot be mapped here",
    };
}

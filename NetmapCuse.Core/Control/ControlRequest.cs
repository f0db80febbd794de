using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core.Control;

/// <summary>A NIOCCTRL request whose arguments have been fetched, or one that a legacy ioctl was turned into.</summary>
internal sealed class ControlRequest
{
    internal required RequestType Type { get; init; }

    /// <summary>What <see cref="ControlPlane.Run"/> returns when somebody else answers, through <see cref="Answer"/>.</summary>
    internal const int Pending = -1;

    /// <summary>nr_name; VALE_LIST writes it.</summary>
    internal required string Name { get; set; }

    /// <summary>The body, edited in place; goes back to the caller only when the request succeeds.</summary>
    internal required byte[] Body { get; init; }

    internal OptionChain Options { get; init; } = new();

    /// <summary>The caller can hold 32-bit offsets only.</summary>
    internal bool IsLegacy { get; init; }

    /// <summary>The caller.</summary>
    internal required ClientProcess Client { get; init; }

    /// <summary>The network namespace of the caller; for requests that were let in (<see cref="LooksAtNames"/>).</summary>
    internal CallerPlace Place => Client.Place ?? throw new InvalidOperationException("The caller's namespace is not known.");

    /// <summary>Everything but what concerns the open file alone: what a name means depends on the caller's namespace.</summary>
    internal bool LooksAtNames =>
        Type is not (RequestType.SyncLoopStart or RequestType.SyncLoopStop or RequestType.CsbEnable);

    /// <summary>The way to answer later, for requests to a sync loop; null for a call that did not come through a transport.</summary>
    internal PendingAnswer? Answer { get; init; }

    /// <summary>Memory of the caller for a region, until a region has it.</summary>
    internal ExternalMemory? External { get; set; }

    /// <summary>Why there is none although the option asks for it.</summary>
    internal int ExternalError { get; set; }

    /// <summary>Whom what it makes is counted for.</summary>
    internal uint User { get; set; }

    /// <summary>What it has changed so far.</summary>
    internal UndoList Undo { get; } = new();

    /// <summary>The body as the structure that its type has.</summary>
    internal ref TBody BodyAs<TBody>()
        where TBody : unmanaged => ref MemoryMarshal.AsRef<TBody>(Body.AsSpan());

    /// <summary>Bytes of the body of each request type; 0 for types without one, unknown ones included.</summary>
    internal static int BodyBytes(RequestType type) => type switch
    {
        RequestType.Register => 56,
        RequestType.PortInfoGet => 32,
        RequestType.ValeAttach => 64,
        RequestType.ValeDetach => 8,
        RequestType.ValeList => 8,
        RequestType.PortHeaderSet => 8,
        RequestType.PortHeaderGet => 8,
        RequestType.ValeNewInterface => 16,
        RequestType.ValePollingEnable => 16,
        RequestType.ValePollingDisable => 16,
        RequestType.PoolsInfoGet => 64,
        RequestType.SyncLoopStart => 8,
        _ => 0,
    };
}

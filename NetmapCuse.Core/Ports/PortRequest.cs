using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Core.Ports;

/// <summary>What a request says about the port that it names; rings and slots count only when it creates the port.</summary>
internal sealed record PortRequest
{
    internal required string Name { get; init; }

    internal RegisterMode Mode { get; init; } = RegisterMode.AllNic;

    internal RegisterFlags Flags { get; init; }

    /// <summary>Rings and slots; 0 stands for the default.</summary>
    internal PortRings Rings { get; init; }

    internal uint ExtraBuffers { get; init; }

    /// <summary>The offsets option, if there is one.</summary>
    internal OffsetsRequest? Offsets { get; init; }

    /// <summary>Parameters that the syncs of a binding look at.</summary>
    internal Tunables Tunables { get; init; } = new();

    /// <summary>Whom what is made for it is counted for.</summary>
    internal uint User { get; init; }

    /// <summary>Where what the request changes is noted.</summary>
    internal UndoList Undo { get; init; } = new();

    /// <summary>nr_mem_id, 0 for the default of the port.</summary>
    internal ushort MemoryId { get; init; }

    /// <summary>Where interfaces are looked up.</summary>
    internal CallerPlace Place { get; init; } = CallerPlace.Own;

    /// <summary>False: look only, create nothing.</summary>
    internal bool MayCreate { get; init; } = true;

    /// <summary>The port is made for the pipes on it and goes with them.</summary>
    internal bool IsImplicit { get; init; }

    /// <summary>Where new regions have to end: the legacy API has 32-bit offsets.</summary>
    internal ulong RegionLimit { get; init; } = ulong.MaxValue;
}

using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core;

/// <summary>What a device needs of the machine it runs on; the executable puts it together from Core and Drivers.</summary>
internal sealed record HostBackends
{
    /// <summary>Which interfaces there are.</summary>
    internal required IHostInterfaces Interfaces { get; init; }

    /// <summary>How persistent VALE ports are shown to the host.</summary>
    internal IPersistentInterfaces PersistentInterfaces { get; init; } = new NoPersistentInterfaces();

    /// <summary>How interfaces are taken over.</summary>
    internal IAdapterFactory Adapters { get; init; } = new NoAdapters();

    /// <summary>Whether programs of a user may take over an interface.</summary>
    internal Func<uint, string, bool> MayTake { get; init; } = static (_, _) => true;

    /// <summary>Called with the value of the parameter verbose when it is set.</summary>
    internal Action<int> SetVerbosity { get; init; } = static _ => { };
}

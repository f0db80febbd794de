using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;

namespace NetmapCuse.Core.Ports;

/// <summary>Makes adapters for interfaces by name. The executable supplies one that knows all drivers.</summary>
internal interface IAdapterFactory
{
    /// <summary>Looks an interface up; changes nothing about it before <see cref="IAdapter.Open"/>.</summary>
    /// <returns>
    /// 0; ENXIO no such interface; EOPNOTSUPP no driver of the kind that is asked for; EBUSY somebody else's hook is on it.
    /// </returns>
    int TryCreate(string name, AdapterSettings settings, out IAdapter? adapter);
}

/// <summary>No drivers: every interface is somebody else's.</summary>
internal sealed class NoAdapters : IAdapterFactory
{
    public int TryCreate(string name, AdapterSettings settings, out IAdapter? adapter)
    {
        adapter = null;
        return Errno.OpNotSupp;
    }
}

/// <summary>The parameters that matter when an adapter is made.</summary>
internal sealed record AdapterSettings
{
    /// <summary>The namespace that the interface is in.</summary>
    internal CallerPlace Place { get; init; } = CallerPlace.Own;

    /// <summary>admode.</summary>
    internal AdapterChoice Choice { get; init; }

    /// <summary>generic_ringsize: slots of a generic adapter whose device does not tell.</summary>
    internal uint GenericSlots { get; init; } = 1024;

    /// <summary>generic_mit: at most one RX wake-up in so many nanoseconds; below 32768 for no limit.</summary>
    internal uint GenericNotifyNanoseconds { get; init; } = 100_000;

    /// <summary>mitigate: generic_mit holds; otherwise programs are woken at once.</summary>
    internal bool Mitigates { get; init; } = true;

    /// <summary>generic_hwcsum: host frames that need a checksum are accepted.</summary>
    internal bool GenericChecksums { get; init; }
}

/// <summary>Values of admode.</summary>
internal enum AdapterChoice
{
    Best = 0,
    Native = 1,
    Generic = 2,
}

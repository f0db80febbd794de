using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;

namespace NetmapCuse.Core.Ports;

/// <summary>Makes the network interfaces that show persistent VALE ports to the host.</summary>
internal interface IPersistentInterfaces
{
    /// <summary>Makes an interface of this name, up, with carrier; what the host sends on it is swallowed.</summary>
    /// <param name="name">A legal name of at most 15 characters that no interface has.</param>
    /// <param name="place">The network namespace that it is made in.</param>
    /// <param name="made">The interface; ends with its Dispose.</param>
    /// <returns>0, or EEXIST, EPERM, EOPNOTSUPP (no TAP here), ENOMEM.</returns>
    int TryCreate(string name, CallerPlace place, out IPersistentInterface? made);

    /// <summary>An interface of this name is still there but on its way out: the name counts as free.</summary>
    bool IsEnding(string name, CallerPlace place) => false;
}

/// <summary>The interface of a persistent VALE port. Gone when Dispose returns, which takes tens of milliseconds.</summary>
internal interface IPersistentInterface : IDisposable
{
    /// <summary>Ends the interface from some other thread, soon.</summary>
    void EndLater();

    /// <summary>What it is called now; null when it is gone, or nobody can be shown one.</summary>
    string? NameNow => null;

    /// <summary>Its MTU now; the usual 1500 when it cannot be told.</summary>
    uint Mtu { get; }
}

/// <summary>Where no interfaces can be made.</summary>
internal sealed class NoPersistentInterfaces : IPersistentInterfaces
{
    public int TryCreate(string name, CallerPlace place, out IPersistentInterface? made)
    {
        made = null;
        return Errno.OpNotSupp;
    }
}

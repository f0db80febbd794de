using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>Who waits for the kicks of a guest.</summary>
internal interface IKickWatch
{
    /// <summary>Kicks of a ring come by this descriptor, until <see cref="Remove"/>.</summary>
    void Add(int ring, Fd kick);

    void Remove(Fd kick);
}

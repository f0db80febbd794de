using NetmapCuse.Core.Rings;

namespace NetmapCuse.Drivers.Common;

/// <summary>A TX queue that sends later what the kernel does not take at once.</summary>
internal interface IRetriedQueue
{
    AdapterRing Ring { get; }

    /// <summary>Something waits for <see cref="Retry"/>.</summary>
    bool IsPending { get; }

    /// <summary>Tries again; from the adapter's thread.</summary>
    /// <returns>True when a program that waits for room should look.</returns>
    bool Retry();
}

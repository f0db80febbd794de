using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Ports;

/// <summary>
/// The host stack behind an interface: what host rings and transparent forwarding talk to. Frames are copied, as the stack keeps
/// its own buffers. Data path.
/// </summary>
internal interface IHostStack
{
    /// <summary>The longest frame that the stack sends now: what it is given room for.</summary>
    uint LongestFrame { get; }

    /// <summary>Delivers a frame as if the interface had received it. What the stack refuses is lost. Several threads may.</summary>
    /// <param name="frame">Its parts, in order.</param>
    void Deliver(ReadOnlySpan<IoVector> frame);

    /// <summary>
    /// Takes the next frame that the stack sends on the interface, while the NIC TX ring it would have used is open. Frames longer
    /// than the room, or that the stack wants cut or checksummed by the interface, are dropped and counted by the driver.
    /// </summary>
    /// <param name="ring">Host RX ring.</param>
    /// <param name="room">Where the frame goes: the parts are filled in order.</param>
    /// <returns>Its length, 0 when there is none.</returns>
    int TryTake(uint ring, ReadOnlySpan<IoVector> room);

    /// <summary>A cheap look whether <see cref="TryTake"/> would give a frame.</summary>
    bool HasFrames(uint ring);

    /// <summary>How many host RX rings there are from now on; frames are spread over them. Before the interface is opened.</summary>
    void Spread(uint rings);
}

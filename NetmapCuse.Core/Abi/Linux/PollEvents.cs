namespace NetmapCuse.Core.Abi.Linux;

/// <summary>Event bits of poll(2) on Linux (asm-generic/poll.h).</summary>
internal static class PollEvents
{
    internal const uint In = 0x001;
    internal const uint Out = 0x004;
    internal const uint Error = 0x008;
    internal const uint HangUp = 0x010;
    internal const uint ReadNormal = 0x040;
    internal const uint WriteNormal = 0x100;

    /// <summary>What asks for RX rings.</summary>
    internal const uint Readable = In | ReadNormal;

    /// <summary>What asks for TX rings.</summary>
    internal const uint Writable = Out | WriteNormal;
}

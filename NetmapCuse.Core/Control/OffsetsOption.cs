using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core.Control;

/// <summary>The offsets option of a REGISTER, from the caller's list to its binding and back.</summary>
internal static class OffsetsOption
{
    /// <summary>What the request wants, or null when it has no such option.</summary>
    internal static OffsetsRequest? Read(OptionChain options) =>
        options.Find(OptionType.Offsets) is { } option ? new OffsetsRequest(option.BodyAs<NmreqOffsets>()) : null;

    /// <summary>Tells the option what became of it. The largest offset that was granted is all that changes in its body.</summary>
    internal static void Answer(OptionChain options, OffsetsRequest? request)
    {
        if (request is not null && options.Find(OptionType.Offsets) is { } option)
        {
            option.Status = request.Status;
            option.BodyAs<NmreqOffsets>().MaxOffset = request.GrantedMax;
        }
    }
}

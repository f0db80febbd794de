namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>Limits of the original (reference/netmap-abi.md section 5.7). Larger requests are cut or refused as it says.</summary>
internal static class Limits
{
    internal const int SwitchesMax = 8;

    /// <summary>Port indexes 0 to 253 of a switch; 254 stands for broadcast, 255 for "no port".</summary>
    internal const int SwitchPortsMax = 254;

    internal const uint ValeRingsMax = 16;
    internal const uint ValeSlotsMax = 4096;
    internal const uint ValeSlotsDefault = 1024;
    internal const uint PipeRingsMax = 256;
    internal const uint PipeSlotsMax = 4096;
    internal const int PipesPerPortMax = 64;
    internal const uint MonitorSlotsMax = 4096;
    internal const uint ExtraBuffersMax = 524288;

    /// <summary>Slots that a VALE sync handles as one batch; the last packet may overshoot by its fragments.</summary>
    internal const int BatchMax = 1024;

    /// <summary>Characters of a switch name, and of a port name with its colon.</summary>
    internal const int ValeNameMax = 15;
}

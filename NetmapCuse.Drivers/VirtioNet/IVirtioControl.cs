namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>Tells the device something that is no frame.</summary>
internal interface IVirtioControl
{
    /// <returns>False: the device does not want it.</returns>
    bool Tell(byte kind, byte command, ReadOnlySpan<byte> data);
}

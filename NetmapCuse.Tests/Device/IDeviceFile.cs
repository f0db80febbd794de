namespace NetmapCuse.Tests.Device;

/// <summary>An open device file, through a mount or straight on the device object.</summary>
internal unsafe interface IDeviceFile : IDisposable
{
    /// <returns>What ioctl() returns, or a negative errno.</returns>
    int Ioctl(uint command, Span<byte> data);

    /// <returns>The ready events, or a negative errno.</returns>
    int Poll(int events, int timeoutMs);

    /// <summary>The first bytes of the device's memory.</summary>
    byte* Map(ulong length);
}

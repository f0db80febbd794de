namespace NetmapCuse.Drivers.Nic;

/// <summary>Whether a NIC has a link: written by its thread, read by all its queues.</summary>
internal sealed class NicLink
{
    private volatile bool _isUp;

    internal bool IsUp
    {
        get => _isUp;
        set => _isUp = value;
    }
}

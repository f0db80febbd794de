namespace NetmapCuse.Core.Ports;

/// <summary>What a driver reports of an open interface. From any thread, but not from inside a call to the driver.</summary>
internal interface IAdapterEvents
{
    /// <summary>The host stack has a frame for host RX ring <paramref name="ring"/>.</summary>
    void HostFrames(uint ring);

    /// <summary>The link went up or down. Rings stay as they are.</summary>
    void LinkChanged(bool isUp);

    /// <summary>The interface is called otherwise; everything else stays.</summary>
    void Renamed(string name);

    /// <summary>The interface is gone for good, or in another namespace: its rings are stopped and their sleepers woken.</summary>
    void Gone();
}

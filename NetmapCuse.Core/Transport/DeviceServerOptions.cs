namespace NetmapCuse.Core.Transport;

/// <summary>What is served where.</summary>
public sealed record DeviceServerOptions
{
    /// <summary>The device file. Created when absent (and removed at the end); an empty regular file is mounted over.</summary>
    public required string Path { get; init; }

    /// <summary>Permissions of the device file.</summary>
    public uint Mode { get; init; } = 0b110_000_000;

    /// <summary>Owner of the device file.</summary>
    public uint UserId { get; init; }

    /// <summary>Group of the device file.</summary>
    public uint GroupId { get; init; }

    /// <summary>What clients open; has to fit the memory that is served.</summary>
    public Door Door { get; init; } = Door.Passthrough;

    /// <summary>How requests come from the kernel.</summary>
    public TransportKind Transport { get; init; } = TransportKind.Auto;
}

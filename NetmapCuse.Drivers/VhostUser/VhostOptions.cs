namespace NetmapCuse.Drivers.VhostUser;

/// <summary>How a guest's port is reached.</summary>
internal sealed record VhostOptions
{
    /// <summary>The port's full name, "vale0:vm1".</summary>
    internal required string Port { get; init; }

    /// <summary>The socket.</summary>
    internal required string Path { get; init; }

    /// <summary>The front-end listens, and we connect, and try again; else it is the other way round.</summary>
    internal bool IsClient { get; init; }

    /// <summary>Queue pairs that the guest may use.</summary>
    internal int Pairs { get; init; } = 1;

    /// <summary>Permissions of the socket, where it is ours.</summary>
    internal uint Mode { get; init; } = 0b110_110_000;

    internal uint UserId { get; init; }

    internal uint GroupId { get; init; }

    /// <summary>How long the port's thread watches the guest's rings before it sleeps.</summary>
    internal int WatchMicroseconds { get; init; }
}

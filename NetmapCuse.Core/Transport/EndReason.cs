namespace NetmapCuse.Core.Transport;

/// <summary>Why a device file is no longer served.</summary>
public enum EndReason
{
    /// <summary><see cref="DeviceServer.Stop"/> was called.</summary>
    Stopped,

    /// <summary>The connection ended from outside: an administrator unmounted or aborted it.</summary>
    Unmounted,
}

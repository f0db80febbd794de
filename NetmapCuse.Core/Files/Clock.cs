namespace NetmapCuse.Core.Files;

/// <summary>CLOCK_REALTIME for ring timestamps.</summary>
internal static class Clock
{
    internal static long Microseconds() =>
        (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}

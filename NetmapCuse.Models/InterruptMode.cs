namespace NetmapCuse.Models;

/// <summary>How interrupts leave a device.</summary>
public enum InterruptMode
{
    /// <summary>Nobody listens.</summary>
    None,

    /// <summary>A level on a line.</summary>
    Line,

    /// <summary>One message.</summary>
    Msi,

    /// <summary>A message for each vector.</summary>
    MsiX,
}

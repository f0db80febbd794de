namespace NetmapCuse.Models;

/// <summary>Nobody listens.</summary>
internal sealed class NoInterrupts : IInterruptSink
{
    internal static readonly NoInterrupts Instance = new();

    public InterruptMode Mode => InterruptMode.None;

    public void Signal(int vector)
    {
    }
}

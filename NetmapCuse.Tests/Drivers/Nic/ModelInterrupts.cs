using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Vfio;
using NetmapCuse.Models;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>Interrupts of a model as eventfds. The wire masks itself as it is delivered.</summary>
internal sealed class ModelInterrupts : IInterruptSink
{
    private readonly Lock _guard = new();
    private EventFd[] _signals = [];
    private bool _isMasked;

    public InterruptMode Mode { get; private set; }

    public void Signal(int vector)
    {
        lock (_guard)
        {
            if (vector < _signals.Length && !_isMasked)
            {
                _isMasked = Mode == InterruptMode.Line;
                _signals[vector].Signal();
            }
        }
    }

    internal void Enable(InterruptKind kind, EventFd[] signals)
    {
        lock (_guard)
        {
            _signals = signals;
            _isMasked = false;
            Mode = kind switch
            {
                InterruptKind.Wire => InterruptMode.Line,
                InterruptKind.Message => InterruptMode.Msi,
                _ => InterruptMode.MsiX,
            };
        }
    }

    internal void Disable()
    {
        lock (_guard)
        {
            _signals = [];
            Mode = InterruptMode.None;
        }
    }

    internal void Unmask()
    {
        lock (_guard)
        {
            _isMasked = false;
        }
    }
}

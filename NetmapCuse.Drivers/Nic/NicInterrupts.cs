using System.Globalization;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Vfio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>The interrupts of a NIC as eventfds: one a queue and one for the rest by MSI-X, else one for all by MSI, else the wire.</summary>
internal sealed class NicInterrupts : IDisposable
{
    private const uint VectorsMax = 64;

    private readonly NicDevice _device;
    private readonly EventFd[] _signals;

    internal NicInterrupts(NicDevice device, uint queues, bool usesMessages)
    {
        _device = device;
        uint messages = !usesMessages ? 0 : Math.Min(Math.Min(device.Vectors(InterruptKind.Messages), queues + 1), VectorsMax);
        (Kind, uint count) = messages >= 2 ? (InterruptKind.Messages, messages)
            : device.Vectors(InterruptKind.Message) != 0 ? (InterruptKind.Message, 1u)
            : (InterruptKind.Wire, 1u);
        _signals = [.. Enumerable.Range(0, (int)count).Select(static _ => new EventFd())];
        device.Enable(Kind, _signals);
        Errors = Watch(InterruptKind.Error);
        Requests = Watch(InterruptKind.Request);
    }

    internal InterruptKind Kind { get; }

    internal uint Vectors => (uint)_signals.Length;

    internal IReadOnlyList<EventFd> Signals => _signals;

    /// <summary>The bus told of an error; null where it tells of none.</summary>
    internal EventFd? Errors { get; }

    /// <summary>Somebody wants the device back.</summary>
    internal EventFd? Requests { get; }

    internal string Description => Kind switch
    {
        InterruptKind.Messages => string.Create(CultureInfo.InvariantCulture, $"{Vectors} MSI-X"),
        InterruptKind.Message => "MSI",
        _ => "INTx",
    };

    /// <summary>A wire is masked with each delivery.</summary>
    internal void Unmask()
    {
        if (Kind == InterruptKind.Wire)
        {
            _device.Unmask();
        }
    }

    public void Dispose()
    {
        Array.ForEach(_signals, static signal => signal.Dispose());
        Errors?.Dispose();
        Requests?.Dispose();
    }

    private EventFd? Watch(InterruptKind kind)
    {
        if (_device.Vectors(kind) == 0)
        {
            return null;
        }

        EventFd signal = new();
        _device.Enable(kind, [signal]);
        return signal;
    }
}

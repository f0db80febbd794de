using System.Runtime.InteropServices;
using Serilog;

namespace NetmapCuse;

/// <summary>
/// What signals do: a daemon that just dies leaves mounts behind that answer nobody, so every signal that would end a process
/// and can be caught ends it in order, or is told and ignored where it means nothing here.
/// </summary>
internal sealed class Signals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <param name="end">Ends the daemon in order.</param>
    /// <param name="reload">What SIGHUP does; null when there is nothing to read anew: it ends the daemon, as a closed terminal does.</param>
    /// <param name="log">Where each signal is told.</param>
    internal Signals(Action end, Action? reload, ILogger log)
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
        {
            On(signal, end, "ending", log);
        }

        On(PosixSignal.SIGHUP, reload ?? end, reload is null ? "ending" : "reading the settings again", log);

        // SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPWR, SIGIO, SIGSTKFLT, SIGXCPU and SIGXFSZ (signal(7), x86 and ARM).
        foreach (int signal in (int[])[10, 12, 14, 26, 27, 30, 29, 16, 24, 25])
        {
            On((PosixSignal)signal, static () => { }, "ignored", log);
        }
    }

    public void Dispose() => _registrations.ForEach(static registration => registration.Dispose());

    private void On(PosixSignal signal, Action action, string effect, ILogger log) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            log.Information("{Signal}: {Effect}", context.Signal, effect);
            action();
        }));
}

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
    /// <param name="log">Where each signal is told.</param>
    internal Signals(Action end, ILogger log)
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
        {
            On(signal, end, "ending", log);
        }

        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            if (!HangupReloads)
            {
                log.Information("{Signal}: {Effect}", context.Signal, "ending");
                end();
            }
        }));

        // SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPWR, SIGIO, SIGSTKFLT, SIGXCPU and SIGXFSZ (signal(7), x86 and ARM).
        foreach (int signal in (int[])[10, 12, 14, 26, 27, 30, 29, 16, 24, 25])
        {
            On((PosixSignal)signal, static () => { }, "ignored", log);
        }
    }

    /// <summary>Somebody else does what SIGHUP asks for. Where there is nothing to read again it is a closed terminal, and ends the daemon.</summary>
    internal bool HangupReloads { get; set; }

    public void Dispose() => _registrations.ForEach(static registration => registration.Dispose());

    private void On(PosixSignal signal, Action action, string effect, ILogger log) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            log.Information("{Signal}: {Effect}", context.Signal, effect);
            action();
        }));
}

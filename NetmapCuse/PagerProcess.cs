using System.ComponentModel;
using System.Diagnostics;
using NetmapCuse.Commands;
using NetmapCuse.Core.Transport;
using Serilog;

namespace NetmapCuse;

/// <summary>Keeps a pager running beside a device with the page-cache door: another process of this program.</summary>
internal sealed class PagerProcess : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly DeviceServer _server;
    private readonly PagerLink _link;
    private readonly ILogger _log;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _ending = new();
    private volatile Process? _running;

    private PagerProcess(DeviceServer server, PagerLink link, ILogger log)
    {
        _server = server;
        _link = link;
        _log = log;
        _thread = new Thread(Keep) { Name = "netmap-pager", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Null when the door needs none.</summary>
    internal static PagerProcess? Start(DeviceServer server, ILogger log) =>
        server.Pager is { } link ? new PagerProcess(server, link, log) : null;

    /// <summary>Called before the end of the connection: no other pager is started.</summary>
    internal void PrepareEnd() => _ending.Set();

    /// <summary>Called after the end of the connection, which ends the pager.</summary>
    public void Dispose()
    {
        _ending.Set();
        if (!_thread.Join(s_patience))
        {
            _running?.Kill();
            _thread.Join();
        }

        _ending.Dispose();
    }

    private void Keep()
    {
        while (!_ending.IsSet && !_server.Ended.IsCompleted)
        {
            try
            {
                RunOnce();
            }
            catch (Win32Exception failure)
            {
                _log.Warning("No pager for {Path}, which may hang: {Reason}", _server.Path, failure.Message);
            }

            if (!_ending.Wait(s_pause) && !_server.Ended.IsCompleted)
            {
                _log.Warning("The pager of {Path} is gone, starting another one", _server.Path);
            }
        }
    }

    private void RunOnce()
    {
        ProcessStartInfo start = new(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(PagerCommand.Name);
        foreach (string argument in _link.Settings.ToArguments())
        {
            start.ArgumentList.Add(argument);
        }

        using Process pager = Process.Start(start)!;
        _running = pager;
        _link.Serve(pager.StandardOutput.BaseStream);
        pager.WaitForExit();
        _running = null;
    }
}

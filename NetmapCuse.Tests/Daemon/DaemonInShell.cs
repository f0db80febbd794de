using System.Collections.Concurrent;
using System.Diagnostics;
using NetmapCuse.Core.Interop;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Daemon;

/// <summary>The executable, serving in a directory of its own; ended and cleaned up with this object.</summary>
internal sealed class DaemonInShell : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _log = new();
    private readonly bool _isGuest;
    private Process? _process;

    internal DaemonInShell()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("netmap-daemon-").FullName;

        // Clients may be any user.
        File.SetUnixFileMode(Directory, (UnixFileMode)0x1ed);
    }

    /// <summary>In the directory of another daemon, which removes it.</summary>
    internal DaemonInShell(string directory)
    {
        Directory = directory;
        _isGuest = true;
    }

    internal string Directory { get; }

    internal string DevicePath => Path.Combine(Directory, "netmap");

    internal int Id => _process!.Id;

    internal IEnumerable<string> Log => _log;

    internal bool HasExited => _process!.HasExited;

    /// <summary>The program to start; the test is skipped where it cannot be.</summary>
    internal static string Program()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "netmapcuse");
        Assert.SkipUnless(File.Exists(program), "netmapcuse is not built beside the tests");
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        return program;
    }

    /// <summary>Starts "serve" and waits until the device can be opened.</summary>
    internal DaemonInShell Serve(params string[] arguments)
    {
        Start("exec \"$0\" \"$@\"", ["serve", "-d", DevicePath, "--run-dir", "", .. arguments]);
        WaitUntilServing();
        return this;
    }

    /// <summary>Runs a line of the shell in which "$0" "$@" is the daemon with its arguments.</summary>
    internal void Start(string line, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo("sh", ["-c", line, Program(), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? string.Empty);
        _process.BeginErrorReadLine();
    }

    internal void WaitUntilServing()
    {
        SpinWait.SpinUntil(() => _process!.HasExited || IsSaid("Serving "), s_patience);
        SpinWait.SpinUntil(() => _process!.HasExited || CanBeOpened(), s_patience);
        Assert.SkipUnless(!_process!.HasExited, "netmapcuse serves nothing here: " + string.Join('\n', _log));
    }

    internal bool WaitUntilSaid(string text) =>
        SpinWait.SpinUntil(() => IsSaid(text) || _process!.HasExited, s_patience) && IsSaid(text);

    internal bool IsSaid(string text) => _log.Any(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Runs a test of a program in out/samples/tests; every line it prints has to begin with ok.</summary>
    internal string Check(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(Samples.Program(Path.Combine("tests", program)), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NETMAP_DEVICE"] = DevicePath;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        bool ended = process.WaitForExit(TimeSpan.FromMinutes(2));
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
        }

        string said = output.Result + errors.Result;
        Assert.True(ended, said);
        Assert.SkipWhen(process.ExitCode == 2, said);
        Assert.True(process.ExitCode == 0 && !said.Contains("FAIL", StringComparison.Ordinal), said + string.Join('\n', _log));
        return said;
    }

    internal void Signal(string name) => Run("kill", "-" + name, $"{Id}");

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    internal int WaitForExit()
    {
        if (!_process!.WaitForExit(s_patience))
        {
            throw new TimeoutException("the daemon does not end: " + string.Join('\n', _log));
        }

        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_process is { } process)
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }

        if (_isGuest)
        {
            return;
        }

        _ = Libc.Unmount(DevicePath, 2);
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    internal static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
    }

    private bool CanBeOpened() => Client.OpenErrno(DevicePath) == 0;
}

using System.Collections.Concurrent;
using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Interop;
using Xunit;

namespace NetmapCuse.Tests.Commands;

/// <summary>"netmapcuse serve" as a process of its own, with a folder for its device and its configuration.</summary>
internal sealed class DaemonProcess : IDisposable
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _log = new();
    private readonly string? _devicePath;
    private Process? _process;

    internal DaemonProcess()
    {
        Assert.SkipUnless(File.Exists(Program), "netmapcuse is not built beside the tests");
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "needs root");
        Assert.SkipUnless(File.Exists("/dev/fuse"), "there is no /dev/fuse");
    }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("netmap-daemon-").FullName;

    /// <summary>The device file: in the folder, unless a test wants it elsewhere.</summary>
    internal string DevicePath
    {
        get => _devicePath ?? Path.Combine(Folder, "netmap");
        init => _devicePath = value;
    }

    internal string ConfigurationPath => Path.Combine(Folder, "netmapcuse.conf");

    /// <summary>Where its parameters are files.</summary>
    internal string ParameterDirectory => Path.Combine(Folder, "run", DevicePath.TrimStart('/').Replace('/', '-'), "parameters");

    internal IEnumerable<string> Log => _log;

    internal int Id => _process!.Id;

    /// <summary>What it finds in its environment besides ours.</summary>
    internal Dictionary<string, string> Environment { get; } = [];

    private static string Program => Path.Combine(AppContext.BaseDirectory, "netmapcuse");

    /// <summary>Writes the configuration, @DEVICE@ in it being the device file.</summary>
    internal void Configure(string text) =>
        File.WriteAllText(ConfigurationPath, text.Replace("@DEVICE@", DevicePath, StringComparison.Ordinal));

    /// <summary>Starts it and waits until it is ready.</summary>
    internal void Serve(params string[] arguments)
    {
        Start(arguments);
        string? ready = _process!.StandardOutput.ReadLine();
        Assert.SkipUnless(ready is not null || _log.All(static line => !line.Contains("/dev/fuse", StringComparison.Ordinal)), "no FUSE here");
        ready.Should().StartWith("ready", string.Join('\n', _log));
    }

    internal void Start(params string[] arguments)
    {
        ProcessStartInfo start = new(Program, ["serve", "--run-dir", Path.Combine(Folder, "run"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in Environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? string.Empty);
        _process.BeginErrorReadLine();
    }

    /// <summary>Runs another command to its end.</summary>
    internal static (int Status, string Output) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    /// <summary>"port ..." on this device; it has to succeed.</summary>
    internal string Port(params string[] arguments)
    {
        (int status, string output) = Run(["port", .. arguments, "--device", DevicePath]);
        status.Should().Be(0, output);
        return output;
    }

    internal void Signal(string name)
    {
        using Process kill = Process.Start("sh", ["-c", $"kill -{name} {_process!.Id}"]);
        kill.WaitForExit();
    }

    internal void AwaitLog(string text) => SpinWait.SpinUntil(
        () => _log.Any(line => line.Contains(text, StringComparison.Ordinal)), Patience).Should().BeTrue($"\"{text}\" in {string.Join('\n', _log)}");

    /// <summary>Its exit status.</summary>
    internal int AwaitEnd()
    {
        _process!.WaitForExit(Patience).Should().BeTrue("it ends");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_process is { } process)
        {
            if (!process.HasExited)
            {
                Signal("TERM");
                if (!process.WaitForExit(Patience))
                {
                    process.Kill();
                    process.WaitForExit();
                }
            }

            process.Dispose();
        }

        // What a daemon that was killed leaves.
        _ = Libc.Unmount(DevicePath, 2);
        _ = Libc.Unmount(ParameterDirectory, 2);
        Directory.Delete(Folder, recursive: true);
    }
}

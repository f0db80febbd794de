using System.Diagnostics;
using System.Globalization;

namespace NetmapCuse.Rates.Running;

/// <summary>out/netmapcuse serving a device in a folder of its own.</summary>
internal sealed class DaemonProcess : IDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private volatile string _lastWords = "";

    private DaemonProcess(Process process, DirectoryInfo folder)
    {
        _process = process;
        _folder = folder;
    }

    internal string Device => Path.Combine(_folder.FullName, "netmap");

    internal int Pid => _process.Id;

    internal double CpuSeconds => ProcFile.CpuSeconds(Pid);

    /// <summary>The last line of its log.</summary>
    internal string LastWords => _lastWords;

    internal bool Alive => !_process.HasExited;

    /// <summary>The daemon of these sources.</summary>
    internal const string Ours = "out/netmapcuse";

    /// <param name="options">For "serve".</param>
    /// <param name="program">Which daemon.</param>
    internal static DaemonProcess Start(IEnumerable<string> options, string program = Ours)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("netmapcuse-bench-");
        string device = Path.Combine(folder.FullName, "netmap");
        ProcessStartInfo info = new(program, ["serve", "--device", device, .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(info) ?? throw new BenchException($"{program} does not start");
        DaemonProcess daemon = new(process, folder);
        process.ErrorDataReceived += (_, e) => daemon._lastWords = e.Data ?? daemon._lastWords;
        process.BeginErrorReadLine();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("ready", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return daemon;
            }
        }

        process.WaitForExit();
        daemon.Dispose();
        throw new BenchException($"the daemon ended before it was ready: {daemon.LastWords}");
    }

    /// <summary>SIGTERM, which unmounts; SIGKILL and umount if that takes more than ten seconds.</summary>
    public void Dispose()
    {
        if (Alive)
        {
            Command("kill", Pid.ToString(CultureInfo.InvariantCulture));
            if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            {
                _process.Kill();
                _process.WaitForExit();
                Command("umount", "-l", Device);
            }
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static void Command(string name, params string[] arguments)
    {
        using Process? process = Process.Start(name, arguments);
        process?.WaitForExit();
    }
}

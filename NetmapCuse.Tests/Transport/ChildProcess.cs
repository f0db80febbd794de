using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Tests.Transport;

/// <summary>The test program once more, in a role given by its environment, to be killed.</summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>Serves a device file for ever.</summary>
    internal const string Server = "server";

    /// <summary>Waits in a deferred ioctl.</summary>
    internal const string WaitingClient = "client";

    private const string RoleVariable = "NETMAPCUSE_TEST_ROLE";
    private const string PathVariable = "NETMAPCUSE_TEST_PATH";
    private const string TransportVariable = "NETMAPCUSE_TEST_TRANSPORT";

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    internal static ChildProcess Start(string role, string path, string transport = "Auto")
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment[RoleVariable] = role;
        start.Environment[PathVariable] = path;
        start.Environment[TransportVariable] = transport;
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        }

        Process process = Process.Start(start)!;
        string? ready = process.StandardOutput.ReadLine();
        return ready == "ready" ? new ChildProcess(process) : throw new InvalidOperationException($"child says {ready}");
    }

    internal void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
    }

    internal void WaitForExit() => _process.WaitForExit();

    /// <summary>SIGSTOP: it lives but answers nothing.</summary>
    internal void Suspend() => Client.SignalProcess(_process.Id, 19);

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The entry point is the test runner's: this is the way to come first.")]
    internal static void PlayRole()
    {
        string? role = Environment.GetEnvironmentVariable(RoleVariable);
        if (role is null)
        {
            return;
        }

        string path = Environment.GetEnvironmentVariable(PathVariable)!;
        if (role == Server)
        {
            TransportKind kind = Enum.Parse<TransportKind>(Environment.GetEnvironmentVariable(TransportVariable)!);
            DeviceServer server = DeviceServer.Start(
                new DeviceServerOptions { Path = path, Transport = kind },
                Client.MemFd(TestDevice.MemorySize),
                new EchoHandler(),
                Serilog.Core.Logger.None);
            Say("ready");
            Thread.Sleep(Timeout.Infinite);
            GC.KeepAlive(server);
        }

        using Fd fd = Client.Open(path);
        Say("ready");
        Environment.Exit(Client.Ioctl(fd, EchoHandler.Later, new byte[16]));
    }

    private static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using NetmapCuse.Drivers.Interop;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>Two network namespaces of the test's own with a veth pair between them: a0 in A, b0 in B.</summary>
internal sealed class VethRig : IDisposable
{
    internal const string AddressA = "10.91.0.1";
    internal const string AddressB = "10.91.0.2";
    internal const string Address6A = "fd91::1";
    internal const string Address6B = "fd91::2";

    private static int s_last;

    private readonly string _nameA = $"nmt{Environment.ProcessId}a{Interlocked.Increment(ref s_last)}";
    private readonly string _nameB = $"nmt{Environment.ProcessId}b{s_last}";

    internal VethRig(int mtu = 1500, int queues = 1, int queuesOfB = 0)
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root for network namespaces");
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "needs /dev/net/tun");
        Assert.SkipUnless(TryIp("netns", "add", _nameA), "no network namespaces here (ip netns add fails)");
        try
        {
            Ip("netns", "add", _nameB);
            string count = queues.ToString(CultureInfo.InvariantCulture);
            string countOfB = (queuesOfB == 0 ? queues : queuesOfB).ToString(CultureInfo.InvariantCulture);
            Ip("link", "add", "a0", "numrxqueues", count, "numtxqueues", count, "netns", _nameA, "type", "veth",
                "peer", "name", "b0", "numrxqueues", countOfB, "numtxqueues", countOfB, "netns", _nameB);
            A = NetworkNamespace.Open("/run/netns/" + _nameA);
            B = NetworkNamespace.Open("/run/netns/" + _nameB);
            Configure(_nameA, "a0", AddressA, Address6A, mtu);
            Configure(_nameB, "b0", AddressB, Address6B, mtu);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal NetworkNamespace A { get; } = null!;

    internal NetworkNamespace B { get; } = null!;

    /// <summary>"ip -n" in A.</summary>
    internal void InA(params string[] arguments) => Ip(["-n", _nameA, .. arguments]);

    internal void InB(params string[] arguments) => Ip(["-n", _nameB, .. arguments]);

    internal string NameOfB => _nameB;

    internal string PathOfA => "/run/netns/" + _nameA;

    /// <summary>"net:[4026531840]" of A.</summary>
    internal string IdOfA() => A.Run(static () => new FileInfo("/proc/thread-self/ns/net").LinkTarget!);

    internal string LinksOfA() => Output("ip", ["-n", _nameA, "-o", "-d", "link"]);

    internal string LinksOfB() => Output("ip", ["-n", _nameB, "-o", "-d", "link"]);

    /// <summary>Queueing disciplines and filters of a0.</summary>
    internal string ClassifiersOfA() =>
        Output("tc", ["-n", _nameA, "qdisc", "show", "dev", "a0"]) + Output("tc", ["-n", _nameA, "filter", "show", "dev", "a0", "egress"]);

    /// <summary>Frames that A's host has sent into the TAP of its host rings; 0 while there is none.</summary>
    internal long SentByTap()
    {
        string line = Output("ip", ["-n", _nameA, "-o", "-s", "link"]).Split('\n')
            .FirstOrDefault(static line => line.Contains("nmtap", StringComparison.Ordinal), string.Empty);
        string counts = line.Split("TX:").ElementAtOrDefault(1)?.Split('\\').ElementAtOrDefault(1) ?? string.Empty;
        string[] numbers = counts.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return numbers.Length > 1 ? long.Parse(numbers[1], CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Runs a program of samples/ in A.</summary>
    internal Process StartInA(string sample, params string[] arguments) => Start(_nameA, sample, arguments);

    internal Process StartInB(string sample, params string[] arguments) => Start(_nameB, sample, arguments);

    internal Socket Udp(bool inA)
    {
        Socket socket = (inA ? A : B).Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.ReceiveTimeout = 2000;
        return socket;
    }

    public void Dispose()
    {
        A?.Dispose();
        B?.Dispose();
        _ = TryIp("netns", "del", _nameA);
        _ = TryIp("netns", "del", _nameB);
    }

    internal static string Output(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using StreamReader errorReader = process.StandardError;
        Task<string> errors = errorReader.ReadToEndAsync();
        using StreamReader reader = process.StandardOutput;
        string output = reader.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {errors.Result}");
    }

    private static Process Start(string name, string sample, string[] arguments) => Process.Start(
        new ProcessStartInfo("nsenter", [$"--net=/run/netns/{name}", Samples.Program(sample), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static void Configure(string name, string link, string address, string address6, int mtu)
    {
        Ip("-n", name, "link", "set", "lo", "up");
        Ip("-n", name, "link", "set", link, "mtu", mtu.ToString(CultureInfo.InvariantCulture));
        Ip("-n", name, "addr", "add", address + "/24", "dev", link);
        _ = TryIp("-n", name, "addr", "add", address6 + "/64", "dev", link, "nodad");
        Ip("-n", name, "link", "set", link, "up");
    }

    private static void Ip(params string[] arguments) => _ = Output("ip", arguments);

    private static bool TryIp(params string[] arguments)
    {
        try
        {
            Ip(arguments);
            return true;
        }
        catch (Exception missing) when (missing is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

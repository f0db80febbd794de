using System.Diagnostics;

namespace NetmapCuse.Rates.Running;

/// <summary>
/// A network namespace with two interfaces, <see cref="Sending"/> and <see cref="Receiving"/>: the ends of a veth pair, or with a
/// kernel bridge in between.
/// </summary>
internal sealed class LinkNamespace : IDisposable
{
    internal const string Sending = "nma0";
    internal const string Receiving = "nmb0";

    private readonly string _name = $"nmbench-{Environment.ProcessId}";

    internal LinkNamespace(bool bridged)
    {
        Command("netns", "add", _name);
        try
        {
            if (bridged)
            {
                In("link", "add", Sending, "type", "veth", "peer", "name", "nma1");
                In("link", "add", Receiving, "type", "veth", "peer", "name", "nmb1");
                In("link", "add", "nmbr", "type", "bridge", "forward_delay", "0", "stp_state", "0", "mcast_snooping", "0");
                In("link", "set", "nma1", "master", "nmbr");
                In("link", "set", "nmb1", "master", "nmbr");
                Array.ForEach(["nma1", "nmb1", "nmbr"], Up);
            }
            else
            {
                In("link", "add", Sending, "type", "veth", "peer", "name", Receiving);
            }

            Array.ForEach([Sending, Receiving], Up);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What a program's words begin with to run in the namespace.</summary>
    internal string[] Prefix => ["nsenter", $"--net=/run/netns/{_name}"];

    public void Dispose() => Command("netns", "del", _name);

    private void Up(string link) => In("link", "set", link, "addrgenmode", "none", "mtu", "1500", "up");

    private void In(params string[] words) => Command(["-n", _name, .. words]);

    private static void Command(params string[] words)
    {
        using Process process = Process.Start("ip", words);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new BenchException($"ip {string.Join(' ', words)}: exit code {process.ExitCode}");
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>
/// DPDK's testpmd without huge pages: a sender and a receiver joined by memif, or one process that sends in circles
/// through a ring. Its own statistics, each second, are the figure; the first one is not whole.
/// </summary>
internal sealed partial class TestpmdScenario(string kind, int length) : Scenario($"peer/dpdk-{kind}/{length}B")
{
    private const double Patience = 9;
    private const int WholeSeconds = 2;

    internal override void Run(Lab lab)
    {
        if (!File.Exists("/usr/bin/dpdk-testpmd"))
        {
            throw new BenchException("dpdk-testpmd is not installed (Debian: dpdk-dev)");
        }

        if (kind == "ring")
        {
            using Client one = Start(lab, "c", Lab.SenderCpu, "net_ring0", "--forward-mode=io", "--tx-first");
            lab.Results.Add(Name, "Mpps", Rate(one));
            return;
        }

        string socket = Path.Combine(Path.GetTempPath(), $"netmapcuse-bench-{Environment.ProcessId}.memif");
        string memif = $"net_memif0,id=0,socket={socket},socket-abstract=no";
        File.Delete(socket);
        try
        {
            using Client receiver = Start(lab, "a", Lab.ReceiverCpu, memif + ",role=server", "--forward-mode=rxonly");
            WaitUntil(receiver, () => File.Exists(socket));
            using Client sender = Start(lab, "b", Lab.SenderCpu, memif + ",role=client", "--forward-mode=txonly");
            lab.Results.Add(Name, "Mpps", Rate(receiver));
        }
        finally
        {
            File.Delete(socket);
        }
    }

    /// <summary>Without a link check: a server has no link before its client comes, which here it does later.</summary>
    private Client Start(Lab lab, string prefix, string cpu, string device, params string[] mode)
    {
        return Client.Start(lab.Device, Patience + 2, [
            "stdbuf", "-oL", "dpdk-testpmd", "--lcores", $"0@(0-{Machine.Cpus - 1}),1@{cpu}", "--no-huge",
            "--no-shconf", "-m", "64", "--no-pci", "--no-telemetry", "--file-prefix", $"nmb{prefix}",
            "--vdev=" + device, "--", "--total-num-mbufs=8192", "--no-lsc-interrupt", "--disable-link-check", "--stats-period=1",
            "--txpkts=" + Lab.Text(length), .. mode]);
    }

    private static void WaitUntil(Client client, Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (client.Running && watch.Elapsed.TotalSeconds < Patience && !condition())
        {
            Thread.Sleep(20);
        }
    }

    /// <summary>The best of two seconds in a row: the first is often not a whole one.</summary>
    private static double Rate(Client client)
    {
        WaitUntil(client, () => Rates(client).Length >= WholeSeconds);
        double[] rates = Rates(client);
        if (rates.Length == 0)
        {
            string[] said = client.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            throw new BenchException("dpdk-testpmd received nothing: " + (said.Length > 0 ? said[^1] : "no output"));
        }

        return rates.Max() / 1e6;
    }

    private static double[] Rates(Client client)
    {
        return [.. RxRate().Matches(client.Output)
            .Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).Where(r => r > 0)];
    }

    [GeneratedRegex(@"Rx-pps:\s+(\d+)")]
    private static partial Regex RxRate();
}

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
    private const double Seconds = 3.6;

    internal static bool Installed => File.Exists("/usr/bin/dpdk-testpmd");

    internal override void Run(Lab lab)
    {
        if (!Installed)
        {
            throw new BenchException("dpdk-testpmd is not installed (Debian: dpdk-dev)");
        }

        string socket = Path.Combine(Path.GetTempPath(), $"netmapcuse-bench-{Environment.ProcessId}.memif");
        string memif = $"net_memif0,id=0,socket={socket},socket-abstract=no";
        if (kind == "ring")
        {
            using Client one = Start(lab, "c", Lab.SenderCpu, "net_ring0", ["--forward-mode=io", "--tx-first"]);
            lab.Results.Add(Name, "Mpps", Rate(one.Wait()));
            return;
        }

        using Client receiver = Start(lab, "a", Lab.ReceiverCpu, memif + ",role=server", ["--forward-mode=rxonly"]);
        using Client sender = Start(lab, "b", Lab.SenderCpu, memif + ",role=client", ["--forward-mode=txonly"]);
        sender.Wait();
        lab.Results.Add(Name, "Mpps", Rate(receiver.Wait()));
        File.Delete(socket);
    }

    private Client Start(Lab lab, string prefix, string cpu, string device, string[] mode)
    {
        return Client.Start(lab.Device, Seconds + 5, [
            "timeout", "-s", "INT", "-k", "2", Lab.Text(Seconds), "dpdk-testpmd", "--lcores", $"0@{cpu},1@{cpu}",
            "--no-huge", "--no-shconf", "-m", "512", "--no-pci", "--no-telemetry", "--file-prefix", $"nmb{prefix}",
            "--vdev=" + device, "--", "--total-num-mbufs=8192", "--no-lsc-interrupt", "--stats-period=1",
            "--txpkts=" + Lab.Text(length), .. mode]);
    }

    private static double Rate(Outcome outcome)
    {
        double[] rates = [.. RxRate().Matches(outcome.Output)
            .Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).Where(r => r > 0)];
        if (rates.Length == 0)
        {
            string[] said = (outcome.Errors + outcome.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            throw new BenchException("dpdk-testpmd received nothing: " + (said.Length > 0 ? said[^1] : "no output"));
        }

        return rates.Max() / 1e6;
    }

    [GeneratedRegex(@"Rx-pps:\s+(\d+)")]
    private static partial Regex RxRate();
}

using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>
/// One program that sends by a Linux interface and one that receives from another: what is received in the time of sending. All
/// of these differ in the program at one end only; batches and CPUs are the same.
/// </summary>
internal sealed class LinkScenario(string name, LinkEnd sender, LinkEnd receiver, int length) : Scenario(name)
{
    private const string Batch = "256";
    private const double Patience = 5;
    private static readonly TimeSpan s_drain = TimeSpan.FromMilliseconds(20);

    /// <summary>A kernel bridge is between both interfaces.</summary>
    internal bool Bridged { get; init; }

    internal override void Run(Lab lab)
    {
        using LinkNamespace links = new(Bridged);
        double cpuBefore = lab.Daemon.CpuSeconds;
        using Client receiving = Start(
            lab, links, receiver, "rx", LinkNamespace.Receiving, Lab.ReceiverCpu, lab.Seconds + Patience);
        Ready(lab, receiver, receiving);
        using Client sending = Start(lab, links, sender, "tx", LinkNamespace.Sending, Lab.SenderCpu, lab.Seconds);
        Outcome sent = sending.Wait();
        Thread.Sleep(s_drain);
        receiving.End();
        Outcome got = receiving.Wait();
        double frames = got.Number("frames");
        if (frames == 0)
        {
            throw new BenchException("nothing arrived");
        }

        double offered = sent.Number(sender == LinkEnd.Netmap ? "frames" : "sent"), time = sent.Number("seconds");
        double cpu = lab.Daemon.CpuSeconds - cpuBefore + sent.CpuSeconds + got.CpuSeconds;
        lab.Results.Add(Name, "Mpps", frames / time / 1e6);
        lab.Results.Add(Name + "/lost", "%", Math.Max(0, 100 * (1 - (frames / offered))));
        lab.Results.Add(Name + "/cpu", "CPU s/Mpkt", cpu / (frames / 1e6));
    }

    private Client Start(Lab lab, LinkNamespace links, LinkEnd end, string role, string link, string cpu, double seconds)
    {
        string[] time = ["-t", Lab.Text(seconds)];
        string[] words = end == LinkEnd.Netmap
            ? [Lab.Generator, "-f", role, "-i", "netmap:" + link, "-a", cpu, "-b", Batch, "-N", "--json"]
            : [end == LinkEnd.Xdp ? "out/bench/peer-xdp" : "out/bench/peer-packet", "-f", role, "-i", link,
                role == "rx" ? "-a" : "-b", cpu, "-n", Batch];
        string[] shape = role == "tx" ? ["-l", Lab.Text(length)] : [];
        return Client.Start(lab.Device, seconds + Patience, [.. links.Prefix, .. words, .. shape, .. time]);
    }

    private static void Ready(Lab lab, LinkEnd end, Client client)
    {
        if (end == LinkEnd.Netmap)
        {
            client.WaitBound(lab.Device);
        }
        else
        {
            client.WaitSaid();
        }
    }
}

using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>
/// Senders, receivers and bridges between them. The figure is the rate of what the receivers have got, because senders
/// to a switch never wait; what was sent, lost and spent stands beside it.
/// </summary>
internal sealed class TrafficScenario(string name) : Scenario(name)
{
    private const double Settle = 0.02;
    private const double Patience = 5;
    private static readonly TimeSpan s_drain = TimeSpan.FromMilliseconds(20);

    internal required Sender[] Senders { get; init; }

    internal required Receiver[] Receivers { get; init; }

    /// <summary>Arguments of nm-bridge, one array each.</summary>
    internal string[][] Bridges { get; init; } = [];

    /// <summary>Whether the bridges have to exchange buffers, or to copy; null where there are none.</summary>
    internal bool? Swapping { get; init; }

    internal int Length { get; init; } = 60;

    internal int Batch { get; init; } = 1024;

    /// <summary>Slots of the rings of new ports; 0 for the default.</summary>
    internal int Slots { get; init; }

    /// <summary>Whether clients write and read the packets.</summary>
    internal bool Touch { get; init; } = true;

    /// <summary>How many receivers get each frame.</summary>
    internal int Copies { get; init; } = 1;

    internal override void Run(Lab lab)
    {
        List<Client> started = [];
        try
        {
            double cpuBefore = lab.Daemon.CpuSeconds;
            List<Client> receivers = StartReceivers(lab, started);
            List<Client> bridges = StartBridges(lab, started);
            Teach(lab);
            List<Client> senders = StartSenders(lab, started);
            Outcome[] sent = [.. senders.Select(c => c.Wait())];
            Thread.Sleep(s_drain);
            receivers.Concat(bridges).ToList().ForEach(c => c.End());
            Outcome[] got = [.. receivers.Select(c => c.Wait())];
            double cpu = lab.Daemon.CpuSeconds - cpuBefore;
            Outcome[] bridged = [.. bridges.Select(c => c.Wait())];
            cpu += sent.Concat(got).Concat(bridged).Sum(o => o.CpuSeconds);
            if (Swapping is { } swapping && bridged.Any(o => o.Number("zero_copy") != (swapping ? 1 : 0)))
            {
                throw new BenchException(swapping ? "the bridge copied" : "the bridge exchanged buffers");
            }

            Record(lab.Results, sent, got, cpu);
        }
        finally
        {
            started.ForEach(c => c.Dispose());
        }
    }

    private List<Client> StartReceivers(Lab lab, List<Client> started)
    {
        List<Client> clients = [];
        foreach (Receiver receiver in Receivers)
        {
            clients.Add(Start(lab, started, [
                Lab.Generator, "-f", "rx", "-i", receiver.Port, "-a", Lab.ReceiverCpu,
                .. Shape(lab.Seconds + Patience)]));
        }

        clients.ForEach(c => c.WaitBound(lab.Device));
        return clients;
    }

    private List<Client> StartBridges(Lab lab, List<Client> started)
    {
        List<Client> clients = [];
        string time = Lab.Text(lab.Seconds + Patience);
        foreach (string[] bridge in Bridges)
        {
            clients.Add(Start(lab, started, [Lab.Bridge, "-1", "--json", "-t", time, .. bridge]));
        }

        clients.ForEach(c => c.WaitBound(lab.Device, 2));
        return clients;
    }

    /// <summary>
    /// Makes a switch learn where receivers are, by one frame from each of their ports, which goes back where it came
    /// from and so to nobody.
    /// </summary>
    private void Teach(Lab lab)
    {
        foreach (Receiver receiver in Receivers.Where(r => r.Address is not null))
        {
            Client.Run(
                lab.Device, 3, Lab.Generator, "-f", "tx", "-i", receiver.Port, "-S", receiver.Address!,
                "-D", receiver.Address!, "-n", "1", "-N");
        }
    }

    private List<Client> StartSenders(Lab lab, List<Client> started)
    {
        string wait = Lab.Text(Settle * Senders.Length);
        List<Client> clients = [];
        foreach (Sender sender in Senders)
        {
            string[] to = sender.Destination is null ? [] : ["-D", sender.Destination];
            clients.Add(Start(lab, started, [
                Lab.Generator, "-f", "tx", "-i", sender.Port, "-a", Lab.SenderCpu, "-w", wait, .. to,
                .. Shape(lab.Seconds)]));
        }

        return clients;
    }

    private string[] Shape(double seconds)
    {
        string[] slots = Slots == 0 ? [] : ["-C", Lab.Text(Slots)];
        string[] touch = Touch ? [] : ["--touch=none"];
        string[] always = ["-l", Lab.Text(Length), "-b", Lab.Text(Batch), "-t", Lab.Text(seconds), "-N", "--json"];
        return [.. always, .. slots, .. touch];
    }

    private static Client Start(Lab lab, List<Client> started, string[] words)
    {
        Client client = Client.Start(lab.Device, lab.Seconds + Patience + 2, words);
        started.Add(client);
        return client;
    }

    private void Record(Results results, Outcome[] sent, Outcome[] got, double cpu)
    {
        double received = got.Sum(o => o.Number("frames")), offered = sent.Sum(o => o.Number("frames")) * Copies;
        double sending = sent.Max(o => o.Number("seconds"));
        double time = Math.Max(sending, got.Max(o => o.Number("seconds")));
        if (received == 0)
        {
            throw new BenchException($"nothing arrived of {offered} frames");
        }

        results.Add(Name, "Mpps", received / time / 1e6);
        results.Add(Name + "/sent", "Mpps", offered / sending / 1e6);
        results.Add(Name + "/lost", "%", Math.Max(0, 100 * (1 - (received / offered))));
        results.Add(Name + "/cpu", "CPU s/Mpkt", cpu / (received / 1e6));
    }
}

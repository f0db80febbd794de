using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>One frame there and back, both ends in poll in between.</summary>
internal sealed class PingScenario(string name, string pinger, string answerer) : Scenario(name)
{
    internal override void Run(Lab lab)
    {
        double time = lab.Seconds * 2;
        using Client pong = Client.Start(
            lab.Device, time + 5, Lab.Generator, "-f", "pong", "-i", answerer, "-a", Lab.ReceiverCpu, "-N", "--json",
            "-t", Lab.Text(time + 4));
        pong.WaitBound(lab.Device);
        Outcome outcome = Client.Run(
            lab.Device, time + 5, Lab.Generator, "-f", "ping", "-i", pinger, "-a", Lab.SenderCpu, "-N", "--json",
            "-t", Lab.Text(time));
        pong.End();
        pong.Wait();
        foreach (string share in (string[])["min", "median", "p99", "p999", "max"])
        {
            lab.Results.Add($"{Name}/{share}", "us", outcome.Number($"rtt_{share}_us"));
        }
    }
}

using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>Other scenarios while somebody holds ports or descriptors that do nothing.</summary>
internal sealed class HeldScenario(string name, string[] hold, int mappings, Scenario[] inner) : Scenario(name)
{
    internal override void Run(Lab lab)
    {
        using Client holder = Client.Start(lab.Device, 30 + (lab.Seconds * 10), ["out/bench/hold", .. hold]);
        if (mappings > 0)
        {
            holder.WaitBound(lab.Device, mappings);
        }
        else
        {
            Thread.Sleep(200);
        }

        double before = lab.Daemon.CpuSeconds;
        Thread.Sleep(200);
        lab.Results.Add(Name + "/idle-cpu", "%", (lab.Daemon.CpuSeconds - before) / 0.2 * 100);
        foreach (Scenario scenario in inner)
        {
            scenario.Run(lab);
        }

        holder.CloseInput();
        if (holder.Wait() is { Report: null } outcome)
        {
            throw new BenchException(outcome.Errors);
        }
    }
}

using System.Diagnostics;
using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>Other scenarios while somebody holds ports or descriptors that do nothing.</summary>
internal sealed class HeldScenario(string name, string[] hold, Scenario[] inner) : Scenario(name)
{
    /// <summary>Until the daemon is through with what opening and closing so many leaves to do.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(300);

    internal override void Run(Lab lab)
    {
        using Client holder = Client.Start(lab.Device, 30 + (lab.Seconds * 10), ["out/bench/hold", .. hold]);
        holder.WaitSaid();
        Thread.Sleep(s_settle);
        double before = lab.Daemon.CpuSeconds;
        Stopwatch watch = Stopwatch.StartNew();
        Thread.Sleep(s_settle);
        double spent = lab.Daemon.CpuSeconds - before;
        lab.Results.Add(Name + "/idle-cpu", "%", spent / watch.Elapsed.TotalSeconds * 100);
        foreach (Scenario scenario in inner)
        {
            scenario.Run(lab);
        }

        holder.End();
        holder.Wait();
        Thread.Sleep(s_settle);
    }
}

using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>Resident memory of a daemon that has just started, and of the one that all other scenarios use.</summary>
internal sealed class MemoryScenario() : Scenario("memory")
{
    internal override void Run(Lab lab)
    {
        using (DaemonProcess fresh = DaemonProcess.Start(lab.Settings.ServeOptions))
        {
            Thread.Sleep(200);
            Record(lab.Results, fresh.Pid, "memory/idle");
        }

        Record(lab.Results, lab.Daemon.Pid, "memory/after-load");
    }

    private static void Record(Results results, int pid, string name)
    {
        double all = ProcFile.Mebibytes(pid, "VmRSS"), shared = ProcFile.Mebibytes(pid, "RssShmem");
        results.Add(name + "/VmRSS", "MiB", all);
        results.Add(name + "/RssAnon", "MiB", ProcFile.Mebibytes(pid, "RssAnon"));
        results.Add(name + "/RssShmem", "MiB", shared);
        results.Add(name + "/without-packets", "MiB", all - shared);
    }
}

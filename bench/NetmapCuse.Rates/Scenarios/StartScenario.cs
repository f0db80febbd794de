using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>From exec of the published file to the first open that a netmap device answers.</summary>
internal sealed class StartScenario() : Scenario("start")
{
    internal override void Run(Lab lab)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("netmapcuse-bench-start-");
        try
        {
            string device = Path.Combine(folder.FullName, "netmap");
            string[] serve = ["out/netmapcuse", "serve", "--device", device, .. lab.Settings.ServeOptions];
            Outcome outcome = Client.Run(device, 25, ["out/bench/start", device, .. serve]);
            lab.Results.Add("start/first-open", "ms", outcome.Number("open_ms"));
            lab.Results.Add("start/end", "ms", outcome.Number("end_ms"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>Another scenario with a daemon of its own, which is started with options of its own.</summary>
internal sealed class ServedScenario(Scenario inner, params string[] options) : Scenario(inner.Name)
{
    internal override void Run(Lab lab)
    {
        using DaemonProcess daemon = DaemonProcess.Start(["--run-dir", "", .. lab.Settings.ServeOptions, .. options]);
        inner.Run(lab with { Daemon = daemon });
    }
}

using System.Globalization;
using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>What scenarios work with.</summary>
internal sealed record Lab(DaemonProcess Daemon, Results Results, RatesSettings Settings)
{
    internal const string Generator = "out/samples/nm-gen";
    internal const string Bridge = "out/samples/nm-bridge";

    internal string Device => Daemon.Device;

    internal double Seconds => Settings.Seconds;

    internal static string ReceiverCpu => "0";

    internal static string SenderCpu { get; } = Text(Machine.SenderCpu);

    internal static string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}

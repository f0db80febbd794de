using NetmapCuse.Core;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Transport;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Xdp;
using NetmapCuse.Tests.Device;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>A mounted device that takes real interfaces over, with its log kept.</summary>
public class RealDevice : DeviceFixture
{
    private static readonly LogLines s_lines = new();
    private static readonly Logger s_log = new LoggerConfiguration().WriteTo.Sink(s_lines).CreateLogger();

    public RealDevice()
        : this(null)
    {
    }

    private protected RealDevice(TrafficHooks? hooks)
        : base(
            TransportKind.Auto,
            new HostBackends { Interfaces = new HostInterfaces(), Adapters = new XdpAdapters(s_log, hooks) })
    {
        // The kernel pins all of a region whenever an interface is opened; with the usual number that takes most of a test.
        Assert.Equal(0, Device.Parameters.SetAtStart("buf_num", "32768"));
    }

    internal static IReadOnlyList<string> Log => s_lines.Lines;

    /// <summary>Waits until programs have bound an interface so many times.</summary>
    internal void AwaitBindings(string name, int count)
    {
        bool bound = SpinWait.SpinUntil(() => Bindings(name) == count, TimeSpan.FromSeconds(20));
        Assert.True(bound, $"{name} has {Bindings(name)} bindings instead of {count}: {string.Join('\n', Log)}");
    }

    internal string Status(string name) => Device.Plane.Inspect(
        ports => ports.Ports.OfType<NicPort>().FirstOrDefault(port => port.Name == name)?.Status ?? "not open");

    private int Bindings(string name) => Device.Plane.Inspect(
        ports => ports.Ports.OfType<NicPort>().FirstOrDefault(port => port.Name == name)?.Bindings ?? 0);

    private sealed class LogLines : ILogEventSink
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        internal IReadOnlyList<string> Lines => [.. _lines];

        public void Emit(LogEvent logEvent) =>
            _lines.Enqueue(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>The same, with host rings as before Linux 6.6.</summary>
public sealed class ClsactDevice() : RealDevice(new ClsactHooks());

using System.Diagnostics;
using System.Globalization;
using FluentAssertions;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>nm-bridge between a0 of a rig, or another interface there, and the host behind it.</summary>
internal sealed class BridgeProgram : IDisposable
{
    private const int Interrupt = 2;

    private readonly Process _process;

    internal BridgeProgram(RealDevice device, VethRig rig, string name = "a0")
    {
        _process = rig.StartInA("nm-bridge", "-d", device.Path, "-t", "120", "netmap:" + name, $"netmap:{name}^");
        device.AwaitBindings(name, 2);
    }

    /// <summary>Ends the bridge and tells how many frames it moved.</summary>
    internal int End()
    {
        Tests.Transport.Client.SignalProcess(_process.Id, Interrupt);
        string output = _process.StandardOutput.ReadToEnd() + _process.StandardError.ReadToEnd();
        _process.WaitForExit(20000).Should().BeTrue();
        return output.Split('\n')
            .Where(line => line.Contains(" frames,", StringComparison.Ordinal))
            .Sum(line => int.Parse(line.Split(": ")[1].Split(' ')[0], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}

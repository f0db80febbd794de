using System.Diagnostics;
using System.Text.RegularExpressions;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>samples/container/rig.sh as its users run it.</summary>
[Collection("real interfaces")]
public sealed partial class ContainerRigTests(RealDevice device) : IClassFixture<RealDevice>
{
    [Fact]
    public void The_demo_of_the_rig_passes_a_transfer_through_the_bridge()
    {
        device.Require();
        Assert.SkipUnless(Environment.UserName == "root", "needs root for network namespaces");
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "needs /dev/net/tun");
        Assert.SkipWhen(File.Exists("/run/netns/nmrig-left"), "somebody's rig is up");
        try
        {
            Rig("up");
            string output = Rig("demo");
            string[] hashes = [.. Received().Matches(output).Select(match => match.Value)];
            hashes.Should().HaveCount(2, "both ends tell what they saw: {0}", output).And.OnlyContain(hash => hash == hashes[0]);
            int frames = Moved().Matches(output).Sum(match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));
            frames.Should().BeGreaterThan(1000, output);
        }
        finally
        {
            Rig("down");
        }

        File.Exists("/run/netns/nmrig-left").Should().BeFalse();
    }

    private string Rig(string command)
    {
        string samples = Path.GetDirectoryName(Samples.Program("nm-bridge"))!;
        string output = Path.GetDirectoryName(samples)!;
        string script = Path.Combine(Path.GetDirectoryName(output)!, "samples", "container", "rig.sh");
        using Process process = Process.Start(new ProcessStartInfo(script, [command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NETMAP_DEVICE"] = device.Path, ["OUT"] = output },
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        process.ExitCode.Should().Be(0, text);
        return text;
    }

    [GeneratedRegex("^16777216 [0-9a-f]{16}", RegexOptions.Multiline)]
    private static partial Regex Received();

    [GeneratedRegex(@"-> \S+: (\d+) frames")]
    private static partial Regex Moved();
}

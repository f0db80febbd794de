using FluentAssertions;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;
using FuseDevice = NetmapCuse.Tests.Device.FuseDevice;

namespace NetmapCuse.Tests.Hostile;

/// <summary>Whatever some client does, the others' requests are answered, and soon. Programs in C do the harm.</summary>
public abstract class WallTests(DeviceFixture device) : DeviceTest(device)
{
    [Fact]
    public void An_edge_triggered_receiver_never_sleeps_while_a_frame_waits() => Run("edge", "-S", "8");

    [Theory]
    [InlineData("24", "24")]
    [InlineData("100", "20")]
    public void Requests_that_hang_keep_nobody_else_waiting_and_their_callers_can_be_killed(string hanging, string innocent) =>
        Run("stuck", "-n", hanging, "-i", innocent, "-k", "40");

    private protected void Run(string program, params string[] arguments)
    {
        (int exit, string output) = Samples.Run("tests/" + program, ["-d", Device.Path, .. arguments]);
        Assert.SkipWhen(exit == 1, output);
        exit.Should().Be(0, output);
    }
}

[Collection(MountTests.Name)]
public sealed class UringWallTests(UringDevice device) : WallTests(device), IClassFixture<UringDevice>
{
    [Fact]
    public void Real_time_threads_on_its_CPU_do_not_keep_a_program_from_being_served() => Run("realtime", "-S", "3");

    [Fact]
    public async Task A_hundred_and_twenty_eight_programs_register_at_once()
    {
        const int Programs = 128;
        using Barrier start = new(Programs);
        Task<int>[] all = [.. Enumerable.Range(0, Programs).Select(i => Background.Run(() =>
        {
            using NetmapClient client = Device.Open();
            start.SignalAndWait(Background.Patience);
            return client.TryRegister($"vale{i % 8}:p{i}");
        }))];

        (await Task.WhenAll(all)).Should().OnlyContain(error => error == 0);
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == 0, Background.Patience).Should().BeTrue();
    }
}

[Collection(MountTests.Name)]
public sealed class FuseWallTests(FuseDevice device) : WallTests(device), IClassFixture<FuseDevice>;

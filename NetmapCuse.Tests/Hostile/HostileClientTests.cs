using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>
/// C programs that scribble, die and come back, while two others keep their traffic. Afterwards everything is free again
/// (<see cref="DeviceTest"/> sees to that).
/// </summary>
public abstract class HostileClientTests(DeviceFixture device) : DeviceTest(device)
{
    private static readonly TimeSpan s_appearance = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("vale5:h", "rings")]
    [InlineData("vale5:h", "all")]
    [InlineData("vale5:h{1", "all")]
    public void A_client_that_scribbles_over_its_memory_harms_nobody(string port, string mode)
    {
        using Process first = Samples.Start(
            "tests/hostile", "-d", Device.Path, "-i", port, "-m", mode, "-t", "1.5", "-s", "1");

        // It maps everything up to the end of its own region: the witnesses have to lie behind that.
        SpinWait.SpinUntil(() => Device.Device.Plane.Inspect(ports => ports.Ports.Any()), s_appearance).Should().BeTrue();
        (NetmapClient a, NetmapClient b) = Witnesses();
        using Process second = Samples.Start(
            "tests/hostile", "-d", Device.Path, "-i", port.Replace('{', '}'), "-m", "rings", "-t", "1.2", "-s", "2");

        int exchanged = ExchangeWhile(a, b, () => !first.HasExited || !second.HasExited);

        exchanged.Should().BeGreaterThan(100);
        first.StandardError.ReadToEnd().Should().BeEmpty();
        first.ExitCode.Should().Be(0);
        second.ExitCode.Should().Be(0);
        DeviceBooks.Audit(Device.Device);
    }

    [Theory]
    [InlineData("vale5:k", "vale5:l")]
    [InlineData("vale5:k{1", "vale5:k}1")]
    public void Clients_that_are_killed_in_mid_batch_leave_nothing_behind(string sender, string receiver)
    {
        (NetmapClient a, NetmapClient b) = Witnesses();
        for (int round = 0; round < 6; round++)
        {
            using Process rx = Samples.Start("nm-gen", "-f", "rx", "-i", receiver, "-d", Device.Path, "-N");
            using Process tx = Samples.Start("nm-gen", "-f", "tx", "-i", sender, "-d", Device.Path, "-N");
            WaitForFiles(4);
            Stopwatch time = Stopwatch.StartNew();

            ExchangeWhile(a, b, () => time.ElapsedMilliseconds < 150).Should().BePositive();
            (round % 2 == 0 ? tx : rx).Kill();
            ExchangeWhile(a, b, () => time.ElapsedMilliseconds < 200).Should().BePositive();
            tx.Kill();
            rx.Kill();
            tx.WaitForExit();
            rx.WaitForExit();
        }

        SpinWait.SpinUntil(() => Device.Device.OpenFiles == 2, s_appearance).Should().BeTrue();
        Device.Device.Plane.Inspect(ports => ports.Ports.Count()).Should().Be(2);
    }

    /// <summary>Others have the rings of a generator bound, too, and write nonsense: it counts wrong, but does not crash.</summary>
    [Theory]
    [InlineData("tx")]
    [InlineData("rx")]
    [InlineData("pong")]
    public unsafe void A_generator_survives_what_others_write_into_its_rings(string role)
    {
        using Process generator = Samples.Start("nm-gen", "-f", role, "-i", "vale4:g", "-d", Device.Path, "-t", "3");
        WaitForFiles(1);
        NetmapClient shared = Open().Register("vale4:g");
        NetmapClient peer = Open().Register("vale4:h");
        Random random = new(7);
        Stopwatch time = Stopwatch.StartNew();
        while (!generator.HasExited && time.Elapsed < s_appearance)
        {
            ClientRing ring = random.Next(2) == 0 ? shared.Tx : shared.Rx;
            uint word = random.Next(3) == 0 ? (uint)random.NextInt64(1L << 32) : (uint)random.Next(5000);
            switch (random.Next(6))
            {
                case 0:
                    ring.Head = word;
                    break;
                case 1:
                    ring.Cur = ring.Tail = word;
                    break;
                case 2 when random.Next(50) == 0:
                    ring.Shared->NumSlots = word;
                    ring.Shared->BufferSize = word;
                    ring.Shared->BufferOffset = random.NextInt64();
                    break;
                default:
                    ref NetmapSlot slot = ref ring.Slot((uint)random.Next(1024));
                    slot.BufferIndex = word;
                    slot.Length = (ushort)random.Next(65536);
                    slot.Flags = (SlotFlags)random.Next(65536);
                    break;
            }

            if (random.Next(20) == 0)
            {
                _ = peer.TxSync();
            }
        }

        generator.WaitForExit(s_appearance).Should().BeTrue();
        generator.ExitCode.Should().BeLessThan(128, "no signal ends it: " + generator.StandardError.ReadToEnd());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-x")]
    public void Thousands_of_short_lives_are_no_trouble(string exclusive)
    {
        (NetmapClient a, NetmapClient b) = Witnesses();
        string[] arguments = ["-d", Device.Path, "-S", "vale5", "-n", "300", "-p", "4", "-t", "30"];
        using Process churn = Samples.Start("tests/churn", exclusive.Length == 0 ? arguments : [.. arguments, exclusive]);

        ExchangeWhile(a, b, () => !churn.HasExited);

        churn.ExitCode.Should().Be(0, churn.StandardOutput.ReadToEnd() + churn.StandardError.ReadToEnd());
    }

    [Theory]
    [InlineData("tests/indirect")]
    [InlineData("tests/epolltest", "-n", "200")]
    [InlineData("tests/epolltest", "-n", "200", "-P", "vale4:p")]
    [InlineData("tests/fdpass")]
    [InlineData("tests/options")]
    public void The_c_test_programs_pass(string program, params string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        (int exitCode, string output) = Samples.Run(program, [.. arguments, "-d", Device.Path]);

        exitCode.Should().Be(0, output);
        output.Should().NotContain("FAIL");
    }

    private (NetmapClient A, NetmapClient B) Witnesses()
    {
        NmreqRegister small = new() { TxSlots = 64, RxSlots = 64 };
        return (Open().Register("vale6:a", small), Open().Register("vale6:b", small));
    }

    private void WaitForFiles(int count) =>
        SpinWait.SpinUntil(() => Device.Device.OpenFiles >= count, s_appearance).Should().BeTrue("the programs start");

    /// <summary>Every frame arrives, unchanged, as long as the others are at it.</summary>
    private static int ExchangeWhile(NetmapClient a, NetmapClient b, Func<bool> goOn)
    {
        int rounds = 0;
        do
        {
            byte[] there = Frames.Make(2, 1, 60 + (rounds % 1400), rounds);
            byte[] back = Frames.Make(1, 2, 60 + (rounds % 1400), ~rounds);
            a.Send(there, there);
            b.Send(back);
            b.Receive().Should().HaveCount(2).And.AllSatisfy(frame => frame.AsSpan().SequenceEqual(there).Should().BeTrue());
            a.Receive().Should().ContainSingle().Which.AsSpan().SequenceEqual(back).Should().BeTrue();
            rounds++;
        }
        while (goOn());

        return rounds;
    }
}

[Collection(MountTests.Name)]
public sealed class HostileClientsOverUringTests(UringDevice device)
    : HostileClientTests(device), IClassFixture<UringDevice>;

[Collection(MountTests.Name)]
public sealed class HostileClientsOverFuseTests(FuseDevice device)
    : HostileClientTests(device), IClassFixture<FuseDevice>;

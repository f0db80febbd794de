using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Hostile;
using Xunit;

namespace NetmapCuse.Tests.Files;

/// <summary>
/// Whatever clients write and in whatever order they open and close: no buffer is lost or owned twice, nothing outside
/// their regions is touched, and other ports keep working.
/// </summary>
public sealed class PropertyTests
{
    private const int CanaryBytes = 64 * 1024;

    [Fact]
    public void No_program_can_break_the_books_or_harm_others()
    {
        Property property = Prop.ForAll(
            ArbMap.Default.GeneratorFor<(byte, int)>().ListOf(120).ToArbitrary(), steps => Run([.. steps]));

        property.Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    /// <summary>Ports that share a region and swap buffers as they like, but never write what they do not have.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Programs_that_swap_honestly_never_get_a_buffer_that_another_has(int seed)
    {
        using DirectDevice device = new();
        HonestPrograms programs = new(device, new Random(seed));
        for (int step = 0; step < 1500; step++)
        {
            programs.Step();
            programs.Buffers().Should().OnlyHaveUniqueItems().And.NotContain(0u);
        }

        programs.CloseAll();
        DeviceBooks.AssertIdle(device.Device);
    }

    [Fact]
    public void Nor_can_a_program_that_lives_long()
    {
        Random random = new(20261123);

        Run([.. Enumerable.Range(0, 10000).Select(_ => ((byte)random.Next(8), random.Next()))]).Should().BeTrue();
    }

    private static bool Run((byte Action, int Number)[] steps)
    {
        using DirectDevice device = new();
        ulong canary = PlantCanary(device);
        using NetmapClient a = device.Open().Register("vale7:a", new NmreqRegister { TxSlots = 32, RxSlots = 32 });
        using NetmapClient b = device.Open().Register("vale7:b", new NmreqRegister { TxSlots = 32, RxSlots = 32 });
        HostileProgram program = new(device);
        for (int i = 0; i < steps.Length; i++)
        {
            program.Step(steps[i].Action, steps[i].Number);
            if (i % 16 == 0)
            {
                DeviceBooks.Audit(device.Device);
                CheckTraffic(a, b, i);
            }
        }

        program.CloseAll();
        CheckTraffic(a, b, steps.Length);
        a.Dispose();
        b.Dispose();
        DeviceBooks.AssertIdle(device.Device);
        device.Memory(canary, CanaryBytes).IndexOfAnyExcept((byte)0xc7).Should().Be(-1, "nothing is there to be written");
        return true;
    }

    /// <summary>At the end of the arena, where no region of this test reaches.</summary>
    private static ulong PlantCanary(DirectDevice device)
    {
        ulong place = (1UL << 30) - CanaryBytes;
        device.Memory(place, CanaryBytes).Fill(0xc7);
        return place;
    }

    private static void CheckTraffic(NetmapClient a, NetmapClient b, int seed)
    {
        byte[] there = Frames.Make(2, 1, 60 + (seed % 1000), seed);
        byte[] back = Frames.Make(1, 2, 60 + (seed % 1000), seed + 1);
        a.Send(there);
        b.Send(back);
        b.Receive().Should().ContainSingle().Which.Should().Equal(there);
        a.Receive().Should().ContainSingle().Which.Should().Equal(back);
    }
}

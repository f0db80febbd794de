using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Control;
using NetmapCuse.Core.Interop;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>Reading option lists out of this process: reference/netmap-abi.md sections 4.2 and 4.3.</summary>
public sealed class OptionChainTests
{
    private const int RegisterBody = 56;
    private const int Offsets = 5;
    private const int EventFds = 2;
    private const int Unknown = 77;

    private static CallerMemory Own => ClientProcess.Of(Client.ThreadId()).Memory;

    [Fact]
    public void No_options_are_no_options()
    {
        OptionChain.Read(Own, 0, RegisterBody, out OptionChain chain).Should().Be(0);

        chain.Options.Should().BeEmpty();
        chain.HasUnhandled.Should().BeFalse();
    }

    [Fact]
    public void Options_that_nobody_handles_are_not_supported()
    {
        using NativeOptions list = new([(Offsets, 56), (Unknown, 0)]);

        Read(list, out OptionChain chain).Should().Be(0);
        chain.HasUnhandled.Should().BeTrue();
        chain.Options[0].Body.Should().HaveCount(32);
        chain.WriteBack(Own, requestSucceeded: false).Should().Be(0);

        list.Status(0).Should().Be(Errno.OpNotSupp);
        list.Status(1).Should().Be(Errno.OpNotSupp);
    }

    [Theory]
    [InlineData(127, 0)]
    [InlineData(128, Errno.MsgSize)]
    public void So_many_unknown_options_are_accepted(int count, int error)
    {
        using NativeOptions list = new([.. Enumerable.Repeat((Unknown, 0), count)]);

        Read(list, out _).Should().Be(error);
    }

    [Fact]
    public void Unknown_options_and_a_long_known_one_share_the_limit()
    {
        using NativeOptions list = new([.. Enumerable.Repeat((Unknown, 0), 99), (EventFds, 1000)]);

        Read(list, out _).Should().Be(Errno.MsgSize);
    }

    [Theory]
    [InlineData(24, 0)]
    [InlineData(0, 0)]
    [InlineData(4040, 0)]
    [InlineData(4072, Errno.MsgSize)]
    [InlineData(4097, Errno.MsgSize)]
    [InlineData(int.MaxValue, Errno.MsgSize)]
    public void The_event_fd_option_has_the_size_it_says(int size, int error)
    {
        using NativeOptions list = new([(EventFds, size)]);

        Read(list, out _).Should().Be(error);
    }

    [Fact]
    public void A_known_option_twice_is_refused_in_both()
    {
        using NativeOptions list = new([(Offsets, 56), (Unknown, 0), (Offsets, 56)]);

        Read(list, out OptionChain chain).Should().Be(Errno.Inval);
        chain.WriteBack(Own, requestSucceeded: false);

        list.Status(0).Should().Be(Errno.Inval);
        list.Status(1).Should().Be(0);
        list.Status(2).Should().Be(Errno.Inval);
    }

    [Fact]
    public void A_known_option_linked_to_itself_is_a_duplicate()
    {
        using NativeOptions list = new([(Offsets, 56)]);
        list.Link(0, 0);

        Read(list, out _).Should().Be(Errno.Inval);
    }

    [Fact]
    public void An_unknown_option_linked_to_itself_runs_out_of_room_and_is_not_told()
    {
        using NativeOptions list = new([(Unknown, 0)]);
        list.Link(0, 0);

        Read(list, out OptionChain chain).Should().Be(Errno.MsgSize);
        chain.WriteBack(Own, requestSucceeded: false).Should().Be(0);

        list.Status(0).Should().Be(NativeOptions.Untouched);
    }

    [Fact]
    public void Type_zero_is_invalid()
    {
        using NativeOptions list = new([(Unknown, 0), (0, 0), (Unknown, 0)]);

        Read(list, out OptionChain chain).Should().Be(Errno.Inval);
        chain.WriteBack(Own, requestSucceeded: false);

        list.Status(0).Should().Be(0);
        list.Status(1).Should().Be(Errno.Inval);
        list.Status(2).Should().Be(NativeOptions.Untouched, "it was not reached");
    }

    [Fact]
    public void An_unreadable_option_is_a_fault()
    {
        using NativeOptions list = new([(Unknown, 0)]);
        list.Link(0, address: 8);

        Read(list, out _).Should().Be(Errno.Fault);
        OptionChain.Read(Own, 8, RegisterBody, out _).Should().Be(Errno.Fault);
    }

    private static int Read(NativeOptions list, out OptionChain chain) =>
        OptionChain.Read(Own, list.First, RegisterBody, out chain);
}

using FluentAssertions;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Transport;
using Serilog.Core;
using Xunit;

namespace NetmapCuse.Tests.Files;

/// <summary>The marks that polls leave on an open file for the next wake-up.</summary>
public sealed class WakeMarkTests : IPollWaker
{
    private readonly OpenFile _file;
    private int _wakeUps;

    public WakeMarkTests() => _file = new OpenFile(this, new Openers(Logger.None), new Caller(0, 0, 0));

    void IPollWaker.WakePollers(ulong kernelHandle) => _wakeUps++;

    [Fact]
    public void News_wake_once_for_each_mark()
    {
        News();
        _wakeUps.Should().Be(0);
        _file.ArmSleeper(7);
        News();
        News();
        _wakeUps.Should().Be(1);
        _file.ArmReady(7, thread: 1);
        News();
        _wakeUps.Should().Be(2);
    }

    [Fact]
    public void The_thread_that_was_told_last_is_not_disturbed_in_its_next_poll()
    {
        _file.ArmReady(7, thread: 1);
        _file.Disarm(thread: 1);
        News();
        _wakeUps.Should().Be(0);
    }

    /// <summary>An edge-triggered epoll of the first would never hear of news that come during the poll of the second.</summary>
    [Fact]
    public void A_poll_of_one_thread_leaves_the_marks_of_others()
    {
        _file.ArmReady(7, thread: 1);
        _file.Disarm(thread: 2);
        News();
        _wakeUps.Should().Be(1);

        _file.ArmReady(7, thread: 1);
        _file.ArmReady(7, thread: 2);
        _file.Disarm(thread: 2);
        News();
        _wakeUps.Should().Be(2);
    }

    [Fact]
    public void Who_was_told_to_wait_stays_armed()
    {
        _file.ArmSleeper(7);
        _file.Disarm(thread: 1);
        News();
        _wakeUps.Should().Be(1);
    }

    private void News() => _file.Wake(RingDirection.Rx);
}

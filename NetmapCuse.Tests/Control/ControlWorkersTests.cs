using FluentAssertions;
using NetmapCuse.Core.Control;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

public sealed class ControlWorkersTests
{
    [Fact]
    public void One_user_may_ask_for_much_at_once_and_all_of_it_is_done()
    {
        using ControlWorkers workers = new();
        using ManualResetEventSlim goOn = new();
        using CountdownEvent done = new(500);
        for (int i = 0; i < 500; i++)
        {
            workers.TryRun(0, () =>
            {
                goOn.Wait();
                done.Signal();
            }).Should().BeTrue();
        }

        goOn.Set();
        done.Wait(Background.Patience, TestContext.Current.CancellationToken).Should().BeTrue();
        SpinWait.SpinUntil(() => workers.AreIdle, Background.Patience).Should().BeTrue();
    }

    [Fact]
    public void Who_hangs_everything_it_gets_leaves_room_for_others()
    {
        using ControlWorkers workers = new();
        using ManualResetEventSlim goOn = new();
        for (int i = 0; i < 1000; i++)
        {
            workers.TryRun(1000, goOn.Wait);
            workers.TryRun(1001, goOn.Wait);
        }

        for (uint user = 0; user < 10; user++)
        {
            using ManualResetEventSlim served = new();
            workers.TryRun(user, served.Set).Should().BeTrue();
            served.Wait(Background.Patience, TestContext.Current.CancellationToken).Should().BeTrue();
        }

        goOn.Set();
        SpinWait.SpinUntil(() => workers.AreIdle, Background.Patience).Should().BeTrue();
    }

    [Fact]
    public void Where_no_thread_can_be_had_those_that_there_are_do_the_work()
    {
        using ControlWorkers workers = new(static _ => throw new InsufficientMemoryException("no thread left"));
        using CountdownEvent done = new(50);
        for (int i = 0; i < 50; i++)
        {
            workers.TryRun(0, () => done.Signal()).Should().BeTrue();
        }

        done.Wait(Background.Patience, TestContext.Current.CancellationToken).Should().BeTrue();
    }
}

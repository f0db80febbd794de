using FluentAssertions;
using NetmapCuse.Core.Files;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Files;

public sealed class CallCountTests
{
    private readonly CallCount _calls = new();

    [Fact]
    public async Task Closing_waits_for_those_inside_and_lets_nobody_in()
    {
        _calls.TryEnter().Should().BeTrue();
        _calls.TryEnter().Should().BeTrue();
        Task<bool> closing = Background.Run(() =>
        {
            _calls.Close();
            return true;
        });
        SpinWait.SpinUntil(
            () =>
            {
                bool isIn = _calls.TryEnter();
                if (isIn)
                {
                    _calls.Exit();
                }

                return !isIn;
            },
            Background.Patience).Should().BeTrue();
        closing.IsCompleted.Should().BeFalse();

        _calls.Exit();
        closing.IsCompleted.Should().BeFalse();
        _calls.Exit();
        (await closing.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().BeTrue();
        _calls.TryEnter().Should().BeFalse();
    }

    [Fact]
    public async Task What_is_taken_away_after_closing_is_used_by_nobody()
    {
        for (int round = 0; round < 200; round++)
        {
            CallCount calls = new();
            int isThere = 1;
            Task<bool>[] users = [.. Enumerable.Range(0, 3).Select(_ => Background.Run(() =>
            {
                while (calls.TryEnter())
                {
                    if (Volatile.Read(ref isThere) == 0)
                    {
                        return false;
                    }

                    calls.Exit();
                }

                return true;
            }))];
            calls.Close();
            Volatile.Write(ref isThere, 0);
            (await Task.WhenAll(users)).Should().OnlyContain(good => good);
        }
    }
}

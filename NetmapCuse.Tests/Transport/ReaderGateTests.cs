using FluentAssertions;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

public sealed class ReaderGateTests
{
    private readonly byte[] _buffer = new byte[16];

    [Fact]
    public void What_comes_when_all_are_busy_is_parked_and_taken_over_in_order()
    {
        ReaderGate gate = new(atOnce: 1);
        gate.TryEnter([1]).Should().BeTrue();

        gate.TryEnter([2, 3]).Should().BeFalse();
        gate.TryEnter([4]).Should().BeFalse();

        gate.TryNext(_buffer, out int length).Should().BeTrue();
        _buffer[..length].Should().Equal(2, 3);
        gate.TryNext(_buffer, out length).Should().BeTrue();
        _buffer[..length].Should().Equal(4);
        gate.TryNext(_buffer, out _).Should().BeFalse();
        gate.TryEnter([5]).Should().BeTrue("the place is free again");
    }

    [Fact]
    public void As_many_as_allowed_execute_at_once()
    {
        ReaderGate gate = new(atOnce: 2);

        gate.TryEnter([1]).Should().BeTrue();
        gate.TryEnter([2]).Should().BeTrue();
        gate.TryEnter([3]).Should().BeFalse();
    }
}

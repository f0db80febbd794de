using FluentAssertions;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

public sealed class RequestCursorTests
{
    [Fact]
    public void A_message_is_taken_from_front_to_back()
    {
        RequestCursor cursor = new([1, 0, 0, 0, 0, 0, 0, 0, 0xAA, 0xBB]);

        cursor.TryTake(out FuseInterruptIn interrupt).Should().BeTrue();

        interrupt.Unique.Should().Be(1);
        cursor.Rest.ToArray().Should().Equal(0xAA, 0xBB);
    }

    [Fact]
    public void The_rest_of_a_ring_request_is_its_payload()
    {
        RequestCursor cursor = new(new byte[128], [0xAA, 0xBB]);

        cursor.TryTake(out FuseIoctlIn _).Should().BeTrue();

        cursor.Rest.ToArray().Should().Equal(0xAA, 0xBB);
    }

    [Fact]
    public void Short_data_gives_nothing_and_is_no_exception()
    {
        RequestCursor cursor = new([1, 2, 3, 4, 5, 6, 7]);

        cursor.TryTake(out FuseInterruptIn _).Should().BeFalse();
    }
}

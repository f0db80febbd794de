using System.Globalization;
using FluentAssertions;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using Xunit;

namespace NetmapCuse.Tests.Books;

/// <summary>The books: what the daemon writes, as another process reads it.</summary>
public sealed class BookTests : IDisposable
{
    private readonly Bookkeeper _keeper = new(1 << 20);

    [Fact]
    public void The_records_are_where_the_layout_says()
    {
        using BookReader reader = Open();
        PortPlace port = _keeper.AddPort("vale0:a", new PortRings(1, 2, 1024, 512))!;
        Kring ring = new(RingDirection.Rx, 1, 512, isHost: false, port);
        ring.Indexes.HwTail = 7;
        ring.Counters.Frames = 5;
        ring.Counters.NoRoom = 3;

        BookSnapshot look = reader.Read();

        int place = look.LivePorts.Should().ContainSingle().Subject;
        look.Ports[place].Name.ToString().Should().Be("vale0:a");
        look.Ports[place].RxRings.Should().Be(2);
        RingRecord record = look.RingsOf(place).Should().ContainSingle().Subject;
        (record.Index, record.Slots, record.HwTail, record.Counters.Frames, record.Counters.NoRoom).Should().Be((1, 512, 7, 5, 3));
        GC.KeepAlive(ring);
    }

    [Fact]
    public void What_has_ended_is_seen_no_more()
    {
        using BookReader reader = Open();
        PortPlace port = _keeper.AddPort("vale0:a", new PortRings(1, 1, 64, 64))!;
        Kring ring = new(RingDirection.Tx, 0, 64, isHost: false, port);
        int binding = port.AddBinding(new BindingRecord { ProcessId = 42, Command = BookText.Of32("x") });
        reader.Read().BindingsOf(port.Place).Should().ContainSingle().Which.ProcessId.Should().Be(42);

        ring.Hide();
        port.ReturnBinding(binding);
        port.End();

        BookSnapshot look = reader.Read();
        look.LivePorts.Should().BeEmpty();
        look.RingsOf(port.Place).Should().BeEmpty();
        look.BindingsOf(port.Place).Should().BeEmpty();
        GC.KeepAlive(ring);
    }

    [Fact]
    public void A_name_of_any_bytes_is_cut_and_ends()
    {
        using BookReader reader = Open();
        _ = _keeper.AddPort(new string('ü', 200), new PortRings(1, 1, 64, 64));
        reader.Read().Ports[0].Name.ToString().Length.Should().BeLessThan(64);
    }

    [Fact]
    public void Places_that_came_back_rest_as_long_as_they_can()
    {
        Places places = new(3);
        places.TryTake(out int a).Should().BeTrue();
        places.TryTake(out int b).Should().BeTrue();
        places.Return(b);
        places.Return(a);
        places.TryTake(out int next).Should().BeTrue();
        next.Should().Be(b);
        places.TryTake(out _).Should().BeTrue();
        places.TryTake(out _).Should().BeTrue();
        places.TryTake(out _).Should().BeFalse();
        places.Seen.Should().Be(3);
    }

    [Fact]
    public void Something_else_is_not_taken_for_books()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, new byte[8192]);
        FluentActions.Invoking(() => BookReader.Open(path)).Should().Throw<InvalidDataException>();
        File.Delete(path);
    }

    public void Dispose() => _keeper.Dispose();

    private BookReader Open() => BookReader.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_keeper.File.Number}"));
}

namespace NetmapCuse.Core.Books;

/// <summary>One look at the books: the records by place; those with an even generation are free.</summary>
public sealed record BookSnapshot(
    DateTimeOffset Time, BookHeader Header, PortRecord[] Ports, BindingRecord[] Bindings, RingRecord[] Rings)
{
    /// <summary>Places of the ports that are there.</summary>
    public IEnumerable<int> LivePorts => Enumerable.Range(0, Ports.Length).Where(place => IsLive(Ports[place].Generation));

    /// <summary>The rings of a port.</summary>
    public IEnumerable<RingRecord> RingsOf(int port) => Rings.Where(ring => IsLive(ring.Generation) && ring.Port == port);

    public IEnumerable<BindingRecord> BindingsOf(int port) =>
        Bindings.Where(binding => IsLive(binding.Generation) && binding.Port == port);

    private static bool IsLive(uint generation) => (generation & 1) != 0;
}

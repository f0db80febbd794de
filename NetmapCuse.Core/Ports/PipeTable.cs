using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Ports;

/// <summary>The pipes of one parent port, by id. Control plane.</summary>
internal sealed class PipeTable
{
    private readonly Dictionary<string, IPipe> _pipes = new(StringComparer.Ordinal);

    internal int Count => _pipes.Count;

    internal bool IsFull => _pipes.Count >= Limits.PipesPerPortMax;

    internal IPipe? Find(string id) => _pipes.GetValueOrDefault(id);

    internal void Add(string id, IPipe pipe) => _pipes.Add(id, pipe);

    internal void Remove(string id) => _pipes.Remove(id);
}

/// <summary>Two ports with a crossover connection.</summary>
internal interface IPipe
{
    /// <summary>The end that a name asks for: "parent{id" the master, "parent}id" the slave.</summary>
    Port End(bool isMaster);
}

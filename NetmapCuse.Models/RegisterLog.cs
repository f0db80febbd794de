using System.Globalization;

namespace NetmapCuse.Models;

/// <summary>
/// Which registers a driver has written, in the order of the first write: what one driver of a chip leaves out and another
/// does not is worth a question.
/// </summary>
public sealed class RegisterLog
{
    private readonly Dictionary<(int Bar, ulong Offset), RegisterWrite> _byPlace = [];
    private readonly List<RegisterWrite> _inOrder = [];

    /// <summary>One entry a register.</summary>
    public IReadOnlyList<RegisterWrite> Writes => _inOrder;

    /// <summary>True if the register was written.</summary>
    public bool Has(int bar, ulong offset) => _byPlace.ContainsKey((bar, offset));

    /// <summary>One line a register: region, offset, width in bits, first value, last value, number of writes.</summary>
    public IEnumerable<string> Lines() => _inOrder.Select(write => string.Create(
        CultureInfo.InvariantCulture,
        $"{write.Bar} {write.Offset:x5} {write.Bytes * 8} {write.First:x} {write.Last:x} {write.Count}"));

    internal void Add(int bar, ulong offset, int bytes, uint value)
    {
        if (_byPlace.TryGetValue((bar, offset), out RegisterWrite? known))
        {
            known.Last = value;
            known.Count++;
            return;
        }

        RegisterWrite write = new(bar, offset, bytes, value);
        _byPlace.Add((bar, offset), write);
        _inOrder.Add(write);
    }
}

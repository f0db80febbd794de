namespace NetmapCuse.Core.Memory;

/// <summary>
/// Who is charged with which buffer of a region. Programs swap buffers between rings of one region as they like, so the
/// slots say where a buffer <em>is</em>, while the ledger says who <em>owes</em> one; a hostile program can write anything
/// into its slots, so what a slot says is believed only as far as the ledger and the other rings allow.
/// <para>
/// Invariant: every buffer is free, or charged to exactly one live holder (a ring, or the extra buffers of a binding), or
/// in limbo (its holder is gone, but a ring still shows it, or a program with extra buffers may have put it aside).
/// </para>
/// Control plane only.
/// </summary>
internal sealed class BufferLedger(uint count)
{
    private const int Nobody = 0;
    private const int Limbo = 1;
    private const int FirstHolder = 2;

    private readonly ObjectPool _pool = new(count, Abi.Netmap.NetmapApi.FirstUsableBuffer);
    private readonly int[] _charged = new int[count];
    private readonly Dictionary<int, Holder> _holders = [];
    private int _lastHolder = Limbo;
    private int _limbo;

    internal uint Count => _pool.Count;

    internal uint Free => _pool.Free;

    /// <summary>Buffers that no live holder is charged with and that are not free yet.</summary>
    internal int InLimbo => _limbo;

    /// <summary>Counts every buffer once, from the entries and not from the totals, and compares: for tests.</summary>
    internal (uint Free, uint Charged, uint Limbo) Audit()
    {
        Dictionary<int, int> owes = [];
        uint free = 0;
        for (uint buffer = Abi.Netmap.NetmapApi.FirstUsableBuffer; buffer < Count; buffer++)
        {
            int charged = _charged[buffer];
            Check.That(_pool.IsUsed(buffer) == (charged != Nobody), "a free buffer is charged, or a taken one is not");
            if (charged == Nobody)
            {
                free++;
                continue;
            }

            owes[charged] = owes.GetValueOrDefault(charged) + 1;
        }

        Check.That(free == Free, "the count of free buffers is wrong");
        Check.That(owes.GetValueOrDefault(Limbo) == _limbo, "the count of buffers in limbo is wrong");
        foreach ((int holder, Holder entry) in _holders)
        {
            Check.That(owes.GetValueOrDefault(holder) == entry.Owes, "a holder owes more or less than its buffers");
        }

        return (free, (uint)_holders.Values.Sum(static holder => holder.Owes), (uint)_limbo);
    }

    /// <summary>A new holder, charged with nothing.</summary>
    /// <param name="extra">True for extra buffers, which the program may keep where the daemon cannot see them.</param>
    internal int AddHolder(bool extra)
    {
        do
        {
            _lastHolder = _lastHolder == int.MaxValue ? FirstHolder : _lastHolder + 1;
        }
        while (!_holders.TryAdd(_lastHolder, new Holder(extra)));

        return _lastHolder;
    }

    /// <summary>Takes the lowest free buffer and charges the holder with it.</summary>
    internal bool TryTake(int holder, out uint buffer)
    {
        if (!_pool.TryTake(out buffer))
        {
            return false;
        }

        Charge(buffer, holder);
        return true;
    }

    /// <summary>
    /// Ends holders. What they hand back, <paramref name="found"/>, is what their slots and lists show at the end; what
    /// the rings that stay show is <paramref name="shown"/>. A buffer is freed only when no ring that stays shows it.
    /// </summary>
    /// <param name="holders">The holders that end.</param>
    /// <param name="found">Buffer indexes in their slots and lists: any numbers, duplicates included.</param>
    /// <param name="shown">Marks the buffers that other rings of the region show; called only when it matters.</param>
    internal void Return(ReadOnlySpan<int> holders, IReadOnlyList<uint> found, Action<BufferSet> shown)
    {
        int owed = 0;
        foreach (int holder in holders)
        {
            Check.That(_holders.Remove(holder, out Holder? ended), "a holder ends twice");
            owed += ended.Owes;
        }

        if (_limbo == 0 && TryReturnOwn(holders, found, owed))
        {
            return;
        }

        BufferSet elsewhere = new(Count);
        shown(elsewhere);
        ReturnSwapped(holders, found, elsewhere);
        SettleRest(holders, elsewhere);
    }

    /// <summary>The usual case: they hand back exactly what they are charged with.</summary>
    private bool TryReturnOwn(ReadOnlySpan<int> holders, IReadOnlyList<uint> found, int owed)
    {
        if (found.Count != owed)
        {
            return false;
        }

        BufferSet seen = new(Count);
        foreach (uint buffer in found)
        {
            if (buffer >= Count || !holders.Contains(_charged[buffer]) || !seen.Add(buffer))
            {
                return false;
            }
        }

        foreach (uint buffer in found)
        {
            Release(buffer);
        }

        return true;
    }

    /// <summary>Frees what they hand back; a holder whose buffer came back this way is charged with one of theirs instead.</summary>
    private void ReturnSwapped(ReadOnlySpan<int> holders, IReadOnlyList<uint> found, BufferSet elsewhere)
    {
        Queue<int> creditors = [];
        foreach (uint buffer in found)
        {
            int charged = buffer < Count ? _charged[buffer] : Nobody;
            bool keptAside = charged >= FirstHolder && _holders.TryGetValue(charged, out Holder? keeper) && keeper.IsExtra;
            if (charged == Nobody || keptAside || elsewhere.Contains(buffer))
            {
                continue;
            }

            Release(buffer);
            if (_holders.TryGetValue(charged, out Holder? creditor))
            {
                creditor.Owes--;
                creditors.Enqueue(charged);
            }
        }

        // Buffers that another ring shows are the likeliest to be the ones that were given in exchange.
        Recharge(holders, creditors, elsewhere, shownOnly: true);
        Recharge(holders, creditors, elsewhere, shownOnly: false);
    }

    private void Recharge(ReadOnlySpan<int> holders, Queue<int> creditors, BufferSet elsewhere, bool shownOnly)
    {
        for (uint buffer = 0; buffer < Count && creditors.Count > 0; buffer++)
        {
            if (holders.Contains(_charged[buffer]) && (!shownOnly || elsewhere.Contains(buffer)))
            {
                Charge(buffer, creditors.Dequeue());
            }
        }
    }

    /// <summary>What is still charged to the holders that ended, or was in limbo before, is free unless somebody may have it.</summary>
    private void SettleRest(ReadOnlySpan<int> holders, BufferSet elsewhere)
    {
        bool somebodyKeepsAside = _holders.Values.Any(holder => holder.IsExtra);
        _limbo = 0;
        for (uint buffer = 0; buffer < Count; buffer++)
        {
            int charged = _charged[buffer];
            if (charged != Limbo && (charged < FirstHolder || !holders.Contains(charged)))
            {
                continue;
            }

            if (somebodyKeepsAside || elsewhere.Contains(buffer))
            {
                _charged[buffer] = Limbo;
                _limbo++;
            }
            else
            {
                Release(buffer);
            }
        }
    }

    private void Charge(uint buffer, int holder)
    {
        _charged[buffer] = holder;
        _holders[holder].Owes++;
    }

    private void Release(uint buffer)
    {
        _charged[buffer] = Nobody;
        _pool.Return(buffer);
    }

    private sealed class Holder(bool isExtra)
    {
        internal bool IsExtra { get; } = isExtra;

        /// <summary>Buffers that are charged to it.</summary>
        internal int Owes { get; set; }
    }
}

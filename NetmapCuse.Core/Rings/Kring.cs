using System.Runtime.CompilerServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// The private truth of one ring. The shared ring is output, but for head, cur, the flags and the slots, which are read
/// once, checked, and then used from the local copy.
/// <para>
/// A sync holds the ring (<see cref="TryEnter"/>); the control plane stops a ring (<see cref="Stop"/>) before it takes the
/// memory away.
/// </para>
/// </summary>
internal sealed unsafe partial class Kring : IShowsBuffers
{
    private const int Idle = 0;
    private const int Held = 1;
    private const int Stopped = 2;

    private readonly RingPlace _place;
    private readonly RingRecord* _record;
    private NetmapRing* _ring;
    private int _state = Stopped;
    private int _mustLook = 1;
    private volatile ISleeper[] _sleepers = [];
    private volatile IRingMonitors? _monitors;

    internal Kring(RingDirection direction, uint index, uint numSlots, bool isHost, PortPlace? port = null)
    {
        _place = port?.AddRing(direction, index, numSlots, isHost) ?? new RingPlace();
        _record = _place.Record;
        Direction = direction;
        Index = index;
        NumSlots = numSlots;
        IsHost = isHost;
    }

    /// <summary>Where the ring stands; in the books.</summary>
    internal ref RingIndexes Indexes => ref _record->Indexes;

    /// <summary>What it has done; in the books.</summary>
    internal ref RingCounters Counters => ref _record->Counters;

    internal RingDirection Direction { get; }

    /// <summary>Position in its direction, host rings behind the NIC rings.</summary>
    internal uint Index { get; }

    internal uint NumSlots { get; }

    /// <summary>True for a ring to or from the host stack.</summary>
    internal bool IsHost { get; }

    /// <summary>The slots in shared memory; null while the ring does not exist. Written by the program and the daemon.</summary>
    internal NetmapSlot* Slots { get; private set; }

    /// <summary>Buffer 0 of the region.</summary>
    internal byte* Buffers { get; private set; }

    /// <summary>Buffers of the region: an index is good if it is at least 2 and below this.</summary>
    internal uint BufferCount { get; private set; }

    internal uint BufferSize { get; private set; }

    internal bool Exists => _ring != null;

    /// <summary>
    /// Who watches the ring; null for nobody. Set by the control plane at any time: a thread that has read it may go on
    /// with what it read for one call.
    /// </summary>
    internal IRingMonitors? Monitors
    {
        get => _monitors;
        set => _monitors = value;
    }

    /// <summary>The program asked for timestamps or forwarding on this ring. Read from shared memory.</summary>
    internal RingFlags SharedFlags => (RingFlags)Volatile.Read(ref *(uint*)&_ring->Flags);

    /// <summary>
    /// Takes the ring for one sync. False: somebody else is at it, or it is stopped; the caller skips the ring.
    /// </summary>
    internal bool TryEnter() => Interlocked.CompareExchange(ref _state, Held, Idle) == Idle;

    internal void Exit() => Volatile.Write(ref _state, Idle);

    internal bool IsStopped => Volatile.Read(ref _state) == Stopped;

    /// <summary>Waits for a sync in progress and lets no further one in. Control plane.</summary>
    internal void Stop()
    {
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref _state, Stopped, Idle) is Held)
        {
            wait.SpinOnce();
        }
    }

    /// <summary>Lets syncs in. Control plane.</summary>
    internal void Start()
    {
        Interlocked.Increment(ref _starts);
        Volatile.Write(ref _state, Idle);
    }

    /// <summary>
    /// What the program moved since the last exchange. Reads head and cur once; puts a tail that the program changed
    /// back. On success the private copies hold the new values. On failure the ring is reset: head, cur and tail, shared
    /// and private, go back to what the daemon believes, and bad slots are emptied (reference/netmap-behaviour.md 4.2, 4.3).
    /// </summary>
    /// <returns>False when head or cur was impossible: poll says POLLERR once.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Prologue() => Prologue(Volatile.Read(ref _ring->Head), Volatile.Read(ref _ring->Cur));

    /// <summary>The same for a program that keeps head and cur elsewhere (CSB): both were read once, head first.</summary>
    internal bool Prologue(uint head, uint cur)
    {
        bool isTx = Direction == RingDirection.Tx;
        uint first = isTx ? Indexes.RHead : Indexes.HwCur;
        uint last = isTx ? Indexes.RTail : Volatile.Read(ref Indexes.HwTail);
        if (!RingWindow.Holds(first, last, head, cur, NumSlots))
        {
            Reset();
            return false;
        }

        Indexes.RHead = head;
        Indexes.RCur = cur;
        if (_ring->Tail != Indexes.RTail)
        {
            Volatile.Write(ref _ring->Tail, Indexes.RTail);
        }

        return true;
    }

    /// <summary>Shows the program the new tail.</summary>
    /// <returns>True when the program has something to do: cur is not at tail.</returns>
    internal bool Publish()
    {
        uint tail = Volatile.Read(ref Indexes.HwTail);
        Indexes.RTail = tail;
        _record->Syncs++;
        Volatile.Write(ref _ring->Tail, tail);
        return Indexes.RCur != tail;
    }

    /// <summary>The program was shown slots beyond its cur.</summary>
    internal bool ShowsMore => Indexes.RCur != Indexes.RTail;

    /// <summary>Where the program's head stands now, unchecked: only to see whether there is anything to push.</summary>
    internal bool HasUnpushed => Volatile.Read(ref _ring->Head) != Indexes.HwCur;

    /// <summary>Sets the time of the last RX sync, CLOCK_REALTIME.</summary>
    internal void Stamp(long microsecondsSinceEpoch)
    {
        (long seconds, long microseconds) = Math.DivRem(microsecondsSinceEpoch, 1_000_000);
        _ring->TimestampSeconds = seconds;
        _ring->TimestampMicroseconds = microseconds;
    }

    /// <summary>
    /// RX rings of interfaces (NKR_PENDINTR): the next sync shall look for frames, because a driver announced some or a program
    /// insists. From any thread.
    /// </summary>
    internal void MustLook() => Volatile.Write(ref _mustLook, 1);

    /// <summary>Whether it shall; the sync that asks has to look then, or say again that somebody must.</summary>
    internal bool TakeMustLook() => Volatile.Read(ref _mustLook) != 0 && Interlocked.Exchange(ref _mustLook, 0) != 0;

    /// <summary>Adds somebody to wake when the ring has news. Control plane.</summary>
    internal void AddSleeper(ISleeper sleeper) => _sleepers = [.. _sleepers, sleeper];

    /// <summary>Adds somebody who is woken before those who are there. Control plane.</summary>
    internal void AddFirstSleeper(ISleeper sleeper) => _sleepers = [sleeper, .. _sleepers];

    internal void RemoveSleeper(ISleeper sleeper) => _sleepers = [.. _sleepers.Where(other => other != sleeper)];

    /// <summary>
    /// Wakes whoever sleeps on this ring. Comes after the news were published, with a full barrier in between, so that
    /// either the sleeper sees the news or this sees the sleeper.
    /// </summary>
    internal void Wake()
    {
        Interlocked.MemoryBarrier();
        foreach (ISleeper sleeper in _sleepers)
        {
            sleeper.Wake(Direction);
        }
    }

    /// <summary>Marks the buffers in the slots. The slots may change meanwhile; each is read once.</summary>
    public void MarkShown(BufferSet shown)
    {
        for (uint i = 0; i < NumSlots; i++)
        {
            shown.Add(Volatile.Read(ref Slots[i].BufferIndex));
        }
    }

    private void Reset()
    {
        for (uint i = 0; i < NumSlots; i++)
        {
            uint buffer = Slots[i].BufferIndex;
            if (buffer < NetmapApi.FirstUsableBuffer || buffer >= BufferCount)
            {
                Slots[i].BufferIndex = 0;
                Slots[i].Length = 0;
            }
            else if (Slots[i].Length > BufferSize)
            {
                Slots[i].Length = 0;
            }
        }

        uint tail = Volatile.Read(ref Indexes.HwTail);
        Indexes.RHead = Indexes.HwCur;
        Indexes.RCur = Indexes.HwCur;
        Indexes.RTail = tail;
        Indexes.Seen = Indexes.HwCur;
        _ring->Head = Indexes.HwCur;
        _ring->Cur = Indexes.HwCur;
        Volatile.Write(ref _ring->Tail, tail);
    }
}

namespace NetmapCuse.Models;

/// <summary>
/// A cable, or a hub where there are more than two: a frame that one end sends comes to all others, later and in order. Frames
/// move, and chips do what they have put off, when somebody calls <see cref="Step"/>, or by a thread of the wire's own.
/// </summary>
public sealed class Wire : IDisposable
{
    private const int Longest = 4096;
    private static readonly TimeSpan s_nothingToDo = TimeSpan.FromSeconds(1);

    private readonly List<ChipModel> _ends = [];
    private readonly Queue<(ChipModel From, byte[] Frame)> _frames = new();
    private readonly Lock _guard = new();
    private readonly SemaphoreSlim _news = new(0);
    private volatile bool _isOver;
    private volatile bool _isCut;
    private volatile bool _isStepping;
    private Thread? _thread;

    /// <summary>Frames that were lost because too many were under way.</summary>
    public long Lost { get; private set; }

    /// <summary>The cable is not plugged in: frames go nowhere, and chips say that there is no link.</summary>
    public bool IsCut => _isCut;

    /// <summary>Nothing is under way, and no chip has put anything off.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_guard)
            {
                return _frames.Count == 0 && !_isStepping && _ends.TrueForAll(end => end.UntilNext is null);
            }
        }
    }

    /// <summary>Called with each frame that goes over it.</summary>
    public Action<ChipModel, ReadOnlyMemory<byte>>? Watcher { get; set; }

    /// <summary>Plugs a chip in.</summary>
    public void Attach(ChipModel chip)
    {
        _ends.Add(chip);
        chip.Wire = this;
    }

    /// <summary>Pulls the cable, or plugs it in again; the chips notice.</summary>
    public void Cut(bool isCut)
    {
        _isCut = isCut;
        foreach (ChipModel end in _ends)
        {
            end.LinkMayHaveChanged();
        }
    }

    /// <summary>Does what is due: all frames under way, and what chips have put off. Returns how much that was.</summary>
    /// <param name="everything">Time counts for nothing: what is due later is done now.</param>
    public int Step(bool everything)
    {
        _isStepping = true;
        int done = 0;
        foreach (ChipModel end in _ends)
        {
            done += end.DoLater(everything);
        }

        while (TryTake(out ChipModel from, out byte[] frame))
        {
            Watcher?.Invoke(from, frame);
            foreach (ChipModel end in _ends)
            {
                if (end != from)
                {
                    end.Receive(frame);
                }
            }

            done++;
        }

        _isStepping = false;
        return done;
    }

    /// <summary>Steps until nothing is left to do.</summary>
    public void Settle()
    {
        while (Step(everything: true) > 0)
        {
        }
    }

    /// <summary>Lets a thread do the work from now on.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "wire" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        _news.Release();
        _thread?.Join();
        _news.Dispose();
    }

    internal void Wake()
    {
        if (_thread is not null && !_isOver)
        {
            _news.Release();
        }
    }

    internal void Carry(ChipModel from, ReadOnlySpan<byte> frame)
    {
        if (_isCut)
        {
            return;
        }

        lock (_guard)
        {
            if (_frames.Count >= Longest)
            {
                Lost++;
                return;
            }

            _frames.Enqueue((from, frame.ToArray()));
        }

        Wake();
    }

    private bool TryTake(out ChipModel from, out byte[] frame)
    {
        lock (_guard)
        {
            bool isThere = _frames.TryDequeue(out (ChipModel From, byte[] Frame) next);
            (from, frame) = next;
            return isThere;
        }
    }

    private void Run()
    {
        while (!_isOver)
        {
            if (Step(everything: false) > 0)
            {
                continue;
            }

            TimeSpan wait = s_nothingToDo;
            foreach (ChipModel end in _ends)
            {
                TimeSpan next = end.UntilNext ?? s_nothingToDo;
                wait = next < wait ? next : wait;
            }

            if (wait > TimeSpan.Zero)
            {
                _news.Wait(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait);
            }
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// The requests of the clients that run on one CPU. <see cref="Run"/> is the loop of a thread pinned there, and everything
/// else but <see cref="HandOver"/> and <see cref="Stop"/> happens inside it: a request costs one system call, which
/// commits its answer and waits for the next.
/// <para>
/// A call that is answered later keeps its entry. The kernel puts a request into an entry when it comes, or when a commit brings
/// one back, but not when one is registered (reference/front-door.md section 5): what was queued while all entries were held would
/// wait for the next request of this CPU. So there are always some in reserve, and where many are held somebody makes a
/// request (<see cref="QueueNudge"/>), whose commit takes up what is queued.
/// </para>
/// </summary>
internal sealed class UringQueue : IDeferrer, IDisposable
{
    /// <summary>Entries in reserve: one is worked on, the others let the kernel put the next requests in place.</summary>
    internal const int EntriesAtStart = 16;

    /// <summary>Bound of the entries of a queue. Deferred calls hold one each, so it bounds them too.</summary>
    internal const int EntriesMax = 1024;

    /// <summary>
    /// From so many held entries on requests may be queued behind them: had fewer been held when they came, some commit
    /// since would have taken them up.
    /// </summary>
    private const int HeldMany = EntriesAtStart / 2;

    private const ulong WakeToken = ulong.MaxValue;

    // Each entry has at most one submission under way, and the wake-up one more.
    private const uint RingSize = EntriesMax * 2;

    private readonly ILogger _log;
    private readonly ushort _id;
    private readonly int _device;
    private readonly Dispatcher _dispatcher;
    private readonly DeferredCalls _deferred;
    private readonly QueueNudge _nudge;
    private readonly UringEntry[] _entries = new UringEntry[EntriesMax];
    private readonly ConcurrentQueue<UringDeferredCall> _answered = new();
    private readonly EventFd _wake = new();
    private readonly TaskCompletionSource<int> _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private UringEntry? _current;       // the entry whose request is being executed
    private int _entryCount;
    private int _deferredCount;
    private int _lostCount;
    private bool _ended;
    private volatile bool _stopping;
    private volatile int _threadId;
    private long _served;

    /// <param name="id">The CPU.</param>
    /// <param name="device">The descriptor of the connection; kept open by its owner until the loop has ended.</param>
    /// <param name="dispatcher">Executes the requests.</param>
    /// <param name="deferred">Where interrupts find deferred calls.</param>
    /// <param name="nudge">Makes requests on a CPU.</param>
    /// <param name="log">Where a lost entry is reported.</param>
    internal UringQueue(
        ushort id, int device, Dispatcher dispatcher, DeferredCalls deferred, QueueNudge nudge, ILogger log)
    {
        _nudge = nudge;
        _log = log;
        _id = id;
        _device = device;
        _dispatcher = dispatcher;
        _deferred = deferred;
    }

    /// <summary>Ends with 0 when the kernel has taken the first entries, or with a positive errno.</summary>
    internal Task<int> Registered => _registered.Task;

    /// <summary>The CPU.</summary>
    internal int Cpu => _id;

    /// <summary>The thread that serves; 0 before it does and when it has ended.</summary>
    internal int ThreadId => _threadId;

    /// <summary>Requests that were served. Read by others to see whether there is traffic.</summary>
    internal long Served => Volatile.Read(ref _served);

    /// <summary>Serves until the connection ends or <see cref="Stop"/> is called.</summary>
    internal void Run()
    {
        try
        {
            using IoUring ring = new(RingSize);
            _threadId = Libc.ThreadId();
            Register(ring);
            while (!_ended && !_stopping)
            {
                int errno = ring.SubmitAndWait(1);
                if (errno != 0)
                {
                    throw new PosixException("io_uring_enter", errno);
                }

                while (ring.TryReap(out IoUringCqe completion))
                {
                    Serve(ring, in completion);
                }
            }
        }
        catch (PosixException refusal) when (!_registered.Task.IsCompleted)
        {
            _registered.TrySetResult(refusal.Errno);
        }
        finally
        {
            _threadId = 0;
        }
    }

    /// <summary>Makes the loop end although the connection lives.</summary>
    internal void Stop()
    {
        _stopping = true;
        _wake.Signal();
    }

    /// <summary>Takes the answer to a deferred call to the thread of this queue. Called from any thread.</summary>
    internal void HandOver(UringDeferredCall call)
    {
        _answered.Enqueue(call);
        _wake.Signal();
    }

    public DeferredReply? Defer(ReadOnlySpan<byte> data)
    {
        Debug.Assert(_current is not null, "a call is deferred while it is executed");
        if (_deferredCount >= EntriesMax - EntriesAtStart)
        {
            return null;
        }

        _deferredCount++;
        ref FuseUringHeaders headers = ref _current.Headers;
        FuseIoctlIn ioctl = MemoryMarshal.Read<FuseIoctlIn>(headers.OperationIn);
        int caller = MemoryMarshal.Read<FuseInHeader>(headers.InOut).ProcessId;
        return new UringDeferredCall(
            this, _current, _deferred, headers.Entry.CommitId, caller, data, (int)ioctl.OutSize);
    }

    /// <summary>Frees the buffers. Not before the loop has ended and the connection with it.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _entryCount; i++)
        {
            _entries[i].Dispose();
        }

        _wake.Dispose();
    }

    private void Register(IoUring ring)
    {
        for (int i = 0; i < EntriesAtStart; i++)
        {
            AddEntry(ring);
        }

        ring.PushPoll(_wake.Number, WakeToken);
        int errno = ring.SubmitAndWait(0);

        // The kernel completes a registration at once only to refuse it; else the completion is the first request.
        while (errno == 0 && ring.TryReap(out IoUringCqe completion))
        {
            if (completion.Result < 0)
            {
                errno = -completion.Result;
            }
            else
            {
                Serve(ring, in completion);
            }
        }

        _ended = errno != 0;
        _registered.TrySetResult(errno);
    }

    private void AddEntry(IoUring ring)
    {
        UringEntry entry = new((uint)_entryCount);
        _entries[_entryCount++] = entry;
        FuseUringCmdReq command = new() { QueueId = _id };
        ring.PushCommand(
            _device, FuseProtocol.UringRegister, entry.VectorAddress, UringEntry.VectorCount, in command, entry.Index);
    }

    /// <summary>The kernel gives an entry back without a request.</summary>
    private void Lose(int errno)
    {
        _lostCount++;
        bool connectionEnded = errno is Errno.NotConn or Errno.ConnAborted or Errno.NoDev or Errno.Canceled;
        _ended |= connectionEnded || _lostCount + _deferredCount >= _entryCount;
        if (!connectionEnded)
        {
            _log.Error("Ring queue {Queue} lost an entry: errno {Errno}", _id, errno);
        }
    }

    private void Serve(IoUring ring, in IoUringCqe completion)
    {
        if (completion.UserData == WakeToken)
        {
            SubmitAnswered(ring);
            return;
        }

        if (completion.Result < 0)
        {
            Lose(-completion.Result);
            return;
        }

        UringEntry entry = _entries[completion.UserData];
        ref FuseUringHeaders headers = ref entry.Headers;
        FuseInHeader header = MemoryMarshal.Read<FuseInHeader>(headers.InOut);
        Span<byte> payload = entry.Payload;
        int payloadSize = (int)Math.Min(headers.Entry.PayloadSize, (uint)payload.Length);
        RequestCursor request = new(headers.OperationIn, payload[..payloadSize]);
        ReplyWriter reply = new(payload);

        _served++;
        _current = entry;
        Disposition disposition = _dispatcher.Dispatch(in header, ref request, ref reply, this);
        _current = null;

        if (disposition == Disposition.Deferred)
        {
            ReplaceHeldEntry(ring);
            return;
        }

        Commit(ring, entry, reply.Error, reply.Length);
    }

    /// <summary>A deferred call keeps its entry: another one takes its place, so that there are always enough.</summary>
    private void ReplaceHeldEntry(IoUring ring)
    {
        if (_entryCount - _deferredCount - _lostCount < EntriesAtStart && _entryCount < EntriesMax)
        {
            AddEntry(ring);
        }

        if (_deferredCount >= HeldMany)
        {
            // The entry has to be there before the request comes that shall find it.
            _ = ring.SubmitAndWait(0);
            _nudge.Request(_id);
        }
    }

    private void SubmitAnswered(IoUring ring)
    {
        _wake.Drain();
        ring.PushPoll(_wake.Number, WakeToken);
        while (_answered.TryDequeue(out UringDeferredCall? call))
        {
            _deferredCount--;
            ReplyWriter reply = new(call.Entry.Payload);
            reply.Put(new FuseIoctlOut { Result = call.Result });
            call.OutData.CopyTo(call.Entry.Payload[Unsafe.SizeOf<FuseIoctlOut>()..]);
            reply.Extend(call.OutData.Length);
            Commit(ring, call.Entry, reply.Error, reply.Length);
        }
    }

    /// <summary>Queues the answer; the next submit takes it to the kernel and fetches the next request.</summary>
    private void Commit(IoUring ring, UringEntry entry, int error, int length)
    {
        ref FuseUringHeaders headers = ref entry.Headers;
        ulong id = headers.Entry.CommitId;
        FuseOutHeader head = new()
        {
            Length = (uint)(Unsafe.SizeOf<FuseOutHeader>() + length),
            Error = error,
            Unique = id,
        };
        MemoryMarshal.Write((Span<byte>)headers.InOut, in head);
        headers.Entry.PayloadSize = (uint)length;
        FuseUringCmdReq command = new() { CommitId = id, QueueId = _id };
        ring.PushCommand(_device, FuseProtocol.UringCommitAndFetch, 0, 0, in command, entry.Index);
    }
}

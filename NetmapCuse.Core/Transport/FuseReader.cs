using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Reads requests from a /dev/fuse descriptor and answers them there. One such reader also stands beside the ring queues,
/// because INIT, FORGET and INTERRUPT do not travel on rings.
/// </summary>
internal sealed class FuseReader : IDeferrer, IDisposable
{
    /// <summary>Bound of the calls that one reader has deferred at a time.</summary>
    internal const int DeferredMax = 1024;

    private readonly FuseDevice _device;
    private readonly IRequestDispatcher _dispatcher;
    private readonly DeferredCalls _deferred;
    private readonly ReaderGate? _gate;
    private readonly RequestBuffer _request;
    private readonly NativeBuffer _reply;
    private int _deferredCount;

    /// <param name="device">Where requests come from.</param>
    /// <param name="dispatcher">Executes them.</param>
    /// <param name="deferred">Where interrupts find deferred calls.</param>
    /// <param name="request">Where requests are read to; becomes this object's.</param>
    /// <param name="gate">For the page-cache door, shared by all readers of the descriptor.</param>
    internal FuseReader(
        FuseDevice device, IRequestDispatcher dispatcher, DeferredCalls deferred, RequestBuffer request, ReaderGate? gate = null)
    {
        _request = request;
        _reply = new NativeBuffer(request.Span.Length);
        _gate = gate;
        _device = device;
        _dispatcher = dispatcher;
        _deferred = deferred;
    }

    /// <summary>Serves until the connection ends.</summary>
    /// <returns>0, or the positive errno of an end that is none of the normal ones.</returns>
    internal int Run()
    {
        while (true)
        {
            int length = _device.Read(_request.Span);
            if (length >= 0)
            {
                Take(length);
                continue;
            }

            switch (-length)
            {
                // ENOENT: the request was taken back before it was read.
                case Errno.Intr or Errno.Again or Errno.NoEnt:
                    break;
                case Errno.NoDev or Errno.ConnAborted or Errno.NotConn:
                    return 0;
                default:
                    return -length;
            }
        }
    }

    /// <summary>Where somebody else puts a request for <see cref="Execute"/>.</summary>
    internal Span<byte> Buffer => _request.Span;

    /// <summary>Executes the request in the buffer and answers it.</summary>
    internal void Execute(int length)
    {
        ReadOnlySpan<byte> message = _request.Span[..length];
        AnnounceRelease(message);
        Serve(message);
    }

    public DeferredReply? Defer(ReadOnlySpan<byte> data)
    {
        if (Volatile.Read(ref _deferredCount) >= DeferredMax)
        {
            return null;
        }

        Interlocked.Increment(ref _deferredCount);
        ReadOnlySpan<byte> request = _request.Span;
        FuseInHeader header = MemoryMarshal.Read<FuseInHeader>(request);
        FuseIoctlIn ioctl = MemoryMarshal.Read<FuseIoctlIn>(request[Unsafe.SizeOf<FuseInHeader>()..]);
        return new FuseDeferredCall(this, _deferred, header.Unique, header.ProcessId, data, (int)ioctl.OutSize);
    }

    /// <summary>Sends the answer to a deferred call, from whichever thread has it.</summary>
    internal void AnswerDeferred(ReadOnlySpan<byte> message)
    {
        Interlocked.Decrement(ref _deferredCount);
        Send(message);
    }

    public void Dispose()
    {
        _request.Dispose();
        _reply.Dispose();
    }

    private void Take(int length)
    {
        ReadOnlySpan<byte> message = _request.Span[..length];
        if (_gate is null || !MemoryMarshal.TryRead(message, out FuseInHeader header) || !ReaderGate.Concerns(header.Opcode))
        {
            Serve(message);
            return;
        }

        AnnounceRelease(message);
        bool mine = _gate.TryEnter(message);
        while (mine)
        {
            Serve(_request.Span[..length]);
            mine = _gate.TryNext(_request.Span, out length);
        }
    }

    private void AnnounceRelease(ReadOnlySpan<byte> message)
    {
        if (MemoryMarshal.TryRead(message, out FuseInHeader header) && header.Opcode == FuseOpcode.Release)
        {
            RequestCursor request = new(message[Unsafe.SizeOf<FuseInHeader>()..]);
            _dispatcher.AnnounceRelease(in header, ref request);
        }
    }

    private void Serve(ReadOnlySpan<byte> message)
    {
        if (!MemoryMarshal.TryRead(message, out FuseInHeader header))
        {
            return;
        }

        int headerSize = Unsafe.SizeOf<FuseOutHeader>();
        Span<byte> answer = _reply.Span;
        RequestCursor request = new(message[Unsafe.SizeOf<FuseInHeader>()..]);
        ReplyWriter reply = new(answer[headerSize..]);
        if (_dispatcher.Dispatch(in header, ref request, ref reply, this) != Disposition.Reply)
        {
            return;
        }

        int length = headerSize + reply.Length;
        FuseOutHeader head = new() { Length = (uint)length, Error = reply.Error, Unique = header.Unique };
        MemoryMarshal.Write(answer, in head);
        Send(answer[..length]);
    }

    /// <remarks>
    /// A failure has nobody to be told: ENOENT means that the request was aborted meanwhile, and of an end of the
    /// connection the next read tells.
    /// </remarks>
    private void Send(ReadOnlySpan<byte> message) => _ = _device.Write(message);
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Sees to it, in a process of its own, that the kernel gets its answers about the pages of a page-cache door also when the
/// daemon cannot give them.
/// </summary>
/// <remarks>
/// <para>
/// A store to a page that is being written back waits in the kernel until that is answered. A thread of the daemon that
/// waits so cannot be stopped for a garbage collection, and the readers, which could answer, wait for the collection. The
/// same happens when the daemon is killed: the end of its mapping is a write-back to itself, while its descriptor is open.
/// </para>
/// <para>
/// The pager costs nothing as long as the daemon is well. It looks into the buffers of the readers, which are shared memory,
/// and answers what a reader has got but not answered since the last look; and it takes requests that wait while no reader
/// gets any. It answers those about pages, which needs nothing but the request, and hands the others to the daemon. What is
/// answered twice is answered once: the kernel refuses the second. Without traffic it looks twenty times a second.
/// </para>
/// </remarks>
public sealed class Pager : IDisposable
{
    private const int LookMilliseconds = 1;
    private const int QuietLooks = 100;
    private const int QuietMilliseconds = 50;
    private const int RequestsAtOnce = 64;
    private const int Output = 1;

    private readonly Fd _daemon;
    private readonly FuseDevice _connection;
    private readonly FuseDevice _spare;
    private readonly SharedBuffers _buffers;
    private readonly Fd _output = new(Output);
    private readonly ParkedRequests _parked;
    private readonly NativeBuffer _request = new(TransportLimits.WriteBackBufferSize);
    private readonly NativeBuffer _reply = new(TransportLimits.WriteBackBufferSize);
    private readonly ulong[] _seen;
    private readonly ulong[] _answered;

    private Pager(PagerSettings settings, Fd daemon)
    {
        _daemon = daemon;
        _connection = FuseDevice.Take(settings.Process, settings.Connection);
        _spare = FuseDevice.Take(settings.Process, settings.Spare);
        Fd buffers = Libc.TakeDescriptor(settings.Process, settings.Buffers, out int errno);
        _buffers = errno == 0
            ? new SharedBuffers(buffers, settings.Readers, TransportLimits.WriteBackBufferSize)
            : throw new PosixException("pidfd_getfd", errno);
        _parked = new ParkedRequests(_output);
        _seen = new ulong[settings.Readers];
        _answered = new ulong[settings.Readers];
    }

    /// <summary>
    /// Serves until the connection ends. When the daemon ends before that, ends the connection, so that nobody hangs.
    /// </summary>
    public static void Run(PagerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        FuseMount? mount = FuseMount.Find(settings.Path);
        if (mount is null)
        {
            return;
        }

        using Fd daemon = Libc.OpenProcess(settings.Process);
        try
        {
            if (!daemon.IsInvalid)
            {
                using Pager pager = new(settings, daemon);
                pager.Serve();
            }
        }
        catch (PosixException) when (IsAtEnd(daemon))
        {
        }

        if (daemon.IsInvalid || IsAtEnd(daemon))
        {
            mount.End();
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        _spare.Dispose();
        _buffers.Dispose();
        _request.Dispose();
        _reply.Dispose();
        _output.Dispose();
    }

    private static bool IsAtEnd(Fd daemon)
    {
        DescriptorPoll[] end = [new DescriptorPoll(daemon, DescriptorPoll.In)];
        DescriptorPoll.Wait(end, 0);
        return end[0].IsReady;
    }

    private void Serve()
    {
        DescriptorPoll[] all = [new DescriptorPoll(_daemon, DescriptorPoll.In), _spare.ForRequests()];
        int quiet = 0;
        while (true)
        {
            if (quiet < QuietLooks)
            {
                DescriptorPoll.Wait(all.AsSpan(0, 1), LookMilliseconds);
                DescriptorPoll.Wait(all.AsSpan(1, 1), 0);
            }
            else
            {
                // A reader may take the request that ends this, and then be stuck with it.
                DescriptorPoll.Wait(all, QuietMilliseconds);
            }

            if (all[0].IsReady || all[1].IsAtEnd)
            {
                return;
            }

            bool progress = LookIntoBuffers(out bool open);
            bool waiting = all[1].IsReady;
            if (waiting && !progress)
            {
                TakeRequests();
            }

            _parked.Send();
            quiet = progress || open || waiting || !_parked.IsEmpty ? 0 : quiet + 1;
        }
    }

    /// <summary>Answers what readers had got at the last look already.</summary>
    /// <param name="open">Whether a reader has got something about pages since.</param>
    /// <returns>Whether any reader has got anything since the last look.</returns>
    private bool LookIntoBuffers(out bool open)
    {
        bool progress = false;
        open = false;
        Span<byte> message = _request.Span[..PageRequests.HeadSize];
        for (int i = 0; i < _buffers.Count; i++)
        {
            // The kernel writes from the front: with the number first, what is read next is not older than that.
            ulong unique = Volatile.Read(ref Head(i).Unique);
            bool known = unique == _seen[i];
            _seen[i] = unique;
            progress |= !known;
            if (!PageRequests.Concerns(Head(i).Opcode) || unique == _answered[i])
            {
                continue;
            }

            open = true;
            _buffers[i][..message.Length].CopyTo(message);
            FuseInHeader header = MemoryMarshal.Read<FuseInHeader>(message);
            if (known && header.Unique == unique && PageRequests.Concerns(header.Opcode))
            {
                _answered[i] = unique;
                PageRequests.Answer(_connection, message, _reply.Span);
            }
        }

        return progress;
    }

    private ref FuseInHeader Head(int index) => ref MemoryMarshal.AsRef<FuseInHeader>(_buffers[index]);

    private void TakeRequests()
    {
        for (int i = 0; i < RequestsAtOnce; i++)
        {
            int length = _spare.Read(_request.Span);
            if (length < Unsafe.SizeOf<FuseInHeader>())
            {
                return;
            }

            ReadOnlySpan<byte> message = _request.Span[..length];
            if (PageRequests.Concerns(MemoryMarshal.Read<FuseInHeader>(message).Opcode))
            {
                PageRequests.Answer(_spare, message, _reply.Span);
            }
            else
            {
                _parked.Add(message);
            }
        }
    }
}

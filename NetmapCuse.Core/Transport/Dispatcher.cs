using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Decides what each request means. Used by all threads of a device file at once; knows neither rings nor descriptors.
/// </summary>
/// <param name="handler">What is done with calls.</param>
/// <param name="attributes">What the device file looks like.</param>
/// <param name="deferred">Where interrupts find deferred calls.</param>
/// <param name="backingId">What mmap gives, for passthrough.</param>
/// <param name="door">What OPEN answers, and what is done with pages.</param>
/// <param name="share">Gives packet memory to clients that cannot map it, for CUSE.</param>
internal sealed class Dispatcher(
    ICallHandler handler,
    NodeAttributes attributes,
    DeferredCalls deferred,
    int backingId,
    Door door = Door.Passthrough,
    MemoryShare? share = null) : IRequestDispatcher
{
    /// <summary>Executes one request.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="request">What follows the header.</param>
    /// <param name="reply">Receives the answer, when the result says that there is one.</param>
    /// <param name="deferrer">The receiving thread, which lets the handler answer later.</param>
    public Disposition Dispatch(
        in FuseInHeader header, ref RequestCursor request, ref ReplyWriter reply, IDeferrer deferrer)
    {
        Caller caller = new(header.ProcessId, header.UserId, header.GroupId);
        switch (header.Opcode)
        {
            case FuseOpcode.Ioctl:
                return Ioctl(caller, ref request, ref reply, deferrer);
            case FuseOpcode.Poll:
                if (request.TryTake(out FusePollIn poll))
                {
                    bool mayWait = (poll.Flags & FuseProtocol.PollScheduleNotify) != 0;
                    uint ready = handler.Poll(new PollCall(poll.Handle, poll.Events, poll.KernelHandle, mayWait, caller));
                    reply.Put(new FusePollOut { ReadyEvents = ready });
                    return Disposition.Reply;
                }

                reply.Fail(Errno.Io);
                return Disposition.Reply;
            case FuseOpcode.Open:
                Open(caller, ref reply);
                return Disposition.Reply;
            case FuseOpcode.Flush:
                Flush(caller, ref request, ref reply);
                return Disposition.Reply;
            case FuseOpcode.Release:
                Release(ref request, ref reply);
                return Disposition.Reply;
            case FuseOpcode.Interrupt:
                Interrupt(ref request);
                return Disposition.Silent;
            case FuseOpcode.Forget or FuseOpcode.BatchForget or FuseOpcode.NotifyReply:
                return Disposition.Silent;
            default:
                File(header.Opcode, ref request, ref reply);
                return Disposition.Reply;
        }
    }

    /// <remarks>What is read after it then waits for it (<see cref="FuseOpenFlags.NoFlush"/>).</remarks>
    public void AnnounceRelease(in FuseInHeader header, ref RequestCursor request)
    {
        if (request.TryTake(out FuseReleaseIn release))
        {
            handler.Flush(release.Handle, new Caller(header.ProcessId, header.UserId, header.GroupId));
        }
    }

    /// <summary>What makes a device file look like a file, and what a netmap device refuses.</summary>
    private void File(FuseOpcode opcode, ref RequestCursor request, ref ReplyWriter reply)
    {
        switch (opcode)
        {
            case FuseOpcode.GetAttr:
                reply.Put(attributes.Read());
                break;
            case FuseOpcode.SetAttr:
                SetAttributes(ref request, ref reply);
                break;
            case FuseOpcode.StatFs:
                reply.Put(new FuseStatfsOut { BlockSize = 4096, FragmentSize = 4096, NameLength = 255 });
                break;
            case FuseOpcode.Access or FuseOpcode.Destroy:
                break;
            case FuseOpcode.Read or FuseOpcode.Write when door == Door.PageCache:
                PageRequests.Execute(opcode, ref request, ref reply);
                break;
            case FuseOpcode.Read or FuseOpcode.Write or FuseOpcode.Fallocate or FuseOpcode.CopyFileRange
                or FuseOpcode.Lseek or FuseOpcode.Fsync:
                reply.Fail(Errno.Inval);
                break;
            default:
                reply.Fail(Errno.NoSys);
                break;
        }
    }

    private Disposition Ioctl(in Caller caller, ref RequestCursor request, ref ReplyWriter reply, IDeferrer deferrer)
    {
        // The size of the argument has 14 bits in the number of an ioctl, and replies have room for more than that.
        if (!request.TryTake(out FuseIoctlIn ioctl)
            || !reply.TryRoomAfter<FuseIoctlOut>(Math.Max(ioctl.InSize, ioctl.OutSize), out Span<byte> data)
            || request.Rest.Length < ioctl.InSize)
        {
            reply.Fail(Errno.Io);
            return Disposition.Reply;
        }

        if (share is not null && ioctl.Command == MemoryShare.Request)
        {
            reply.Put(new FuseIoctlOut { Result = share.Send(caller.ThreadId, request.Rest) });
            return Disposition.Reply;
        }

        int inSize = (int)ioctl.InSize;
        request.Rest[..inSize].CopyTo(data);
        data[inSize..].Clear();

        IoctlCall call = new(ioctl.Handle, ioctl.Command, ioctl.Argument, data, in caller, deferrer);
        int result = handler.Ioctl(ref call);
        if (call.IsDeferred)
        {
            return Disposition.Deferred;
        }

        // The result goes here and not into the header of the reply: an error there would drop the data.
        reply.Put(new FuseIoctlOut { Result = result });
        reply.Extend((int)ioctl.OutSize);
        return Disposition.Reply;
    }

    private void Open(in Caller caller, ref ReplyWriter reply)
    {
        int errno = handler.Open(in caller, out ulong handle);
        if (errno != Errno.Ok)
        {
            reply.Fail(errno);
            return;
        }

        reply.Put(new FuseOpenOut
        {
            Handle = handle,
            OpenFlags = door switch
            {
                Door.Passthrough => FuseOpenFlags.DirectIo | FuseOpenFlags.Passthrough,
                Door.PageCache => FuseOpenFlags.KeepCache | FuseOpenFlags.NoFlush,
                _ => FuseOpenFlags.None,
            },
            BackingId = backingId,
        });
    }

    private void Flush(in Caller caller, ref RequestCursor request, ref ReplyWriter reply)
    {
        if (!request.TryTake(out FuseFlushIn flush))
        {
            reply.Fail(Errno.Io);
            return;
        }

        handler.Flush(flush.Handle, in caller);
    }

    private void Release(ref RequestCursor request, ref ReplyWriter reply)
    {
        if (!request.TryTake(out FuseReleaseIn release))
        {
            reply.Fail(Errno.Io);
            return;
        }

        handler.Release(release.Handle);
    }

    private void Interrupt(ref RequestCursor request)
    {
        if (request.TryTake(out FuseInterruptIn interrupt))
        {
            deferred.Interrupt(interrupt.Unique);
        }
    }

    private void SetAttributes(ref RequestCursor request, ref ReplyWriter reply)
    {
        if (!request.TryTake(out FuseSetattrIn change))
        {
            reply.Fail(Errno.Io);
        }
        else if (change.Valid.HasFlag(FuseSetattrValid.Size)
            && (door != Door.PageCache || change.Valid.HasFlag(FuseSetattrValid.Handle)))
        {
            reply.Fail(Errno.Inval);
        }
        else
        {
            attributes.Change(in change);
            reply.Put(attributes.Read());
        }
    }
}

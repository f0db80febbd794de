using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using static NetmapCuse.Core.Abi.Linux.IoUringNumbers;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// An io_uring with 128-byte submissions, used by the thread that makes it and by no other (SINGLE_ISSUER). Completions
/// are worked out only inside <see cref="SubmitAndWait"/> (DEFER_TASKRUN), so nothing interrupts that thread between.
/// </summary>
internal sealed unsafe class IoUring : IDisposable
{
    private const uint Setup = SetupSqe128 | SetupCoopTaskrun | SetupSingleIssuer | SetupDeferTaskrun;

    private readonly Fd _ring;
    private readonly RingMapping _rings;
    private readonly RingMapping _submissions;
    private readonly uint* _sqHead;     // written by the kernel
    private readonly uint* _sqTail;     // written by us, in SubmitAndWait
    private readonly uint* _cqHead;     // written by us, in TryReap
    private readonly uint* _cqTail;     // written by the kernel
    private readonly IoUringSqe* _sqes;
    private readonly IoUringCqe* _cqes;
    private readonly uint _sqMask;
    private readonly uint _cqMask;
    private uint _tail;                 // private: submissions filled in
    private uint _head;                 // private: completions taken

    /// <param name="entries">How many submissions fit before they have to be submitted.</param>
    internal IoUring(uint entries)
    {
        IoUringParams parameters = default;
        parameters.Flags = Setup;
        nint descriptor = Libc.IoUringSetup(SystemCallSetup, entries, &parameters);
        if (descriptor < 0)
        {
            throw PosixException.Last("io_uring_setup");
        }

        _ring = new Fd((int)descriptor);
        if ((parameters.Features & FeatureSingleMmap) == 0)
        {
            _ring.Dispose();
            throw new PosixException("io_uring_setup", Errno.NoSys);
        }

        IoSqRingOffsets sq = parameters.SqOffsets;
        IoCqRingOffsets cq = parameters.CqOffsets;
        nuint ringBytes = Math.Max(
            sq.Array + (parameters.SqEntries * sizeof(uint)), cq.Cqes + (parameters.CqEntries * (uint)sizeof(IoUringCqe)));
        _rings = new RingMapping(_ring, OffsetSqRing, ringBytes);
        _submissions = new RingMapping(_ring, OffsetSqes, parameters.SqEntries * (nuint)sizeof(IoUringSqe));

        byte* start = _rings.Start;
        _sqHead = (uint*)(start + sq.Head);
        _sqTail = (uint*)(start + sq.Tail);
        _cqHead = (uint*)(start + cq.Head);
        _cqTail = (uint*)(start + cq.Tail);
        _cqes = (IoUringCqe*)(start + cq.Cqes);
        _sqes = (IoUringSqe*)_submissions.Start;
        _sqMask = parameters.SqEntries - 1;
        _cqMask = parameters.CqEntries - 1;

        // The indirection array stays the identity: slot i of the ring is submission i.
        uint* array = (uint*)(start + sq.Array);
        for (uint i = 0; i < parameters.SqEntries; i++)
        {
            array[i] = i;
        }
    }

    /// <summary>Queues a command to the driver of a file (IORING_OP_URING_CMD). Goes out with the next submit.</summary>
    internal void PushCommand<T>(int descriptor, uint operation, ulong address, uint length, in T command, ulong userData)
        where T : unmanaged
    {
        IoUringSqe* sqe = Next();
        sqe->Opcode = OperationUringCmd;
        sqe->Descriptor = descriptor;
        sqe->CommandOperation = operation;
        sqe->Address = address;
        sqe->Length = length;
        sqe->UserData = userData;
        MemoryMarshal.Write((Span<byte>)sqe->Command, in command);
    }

    /// <summary>Queues one wait until the descriptor is readable (IORING_OP_POLL_ADD).</summary>
    internal void PushPoll(int descriptor, ulong userData)
    {
        const uint PollIn = 1;

        IoUringSqe* sqe = Next();
        sqe->Opcode = OperationPollAdd;
        sqe->Descriptor = descriptor;
        sqe->OperationFlags = PollIn;
        sqe->UserData = userData;
    }

    /// <summary>Submits what is queued and waits for completions, both in one system call.</summary>
    /// <param name="wait">How many completions to wait for; 0 only looks.</param>
    /// <returns>0 or a positive errno; EINTR is none.</returns>
    internal int SubmitAndWait(uint wait)
    {
        Volatile.Write(ref *_sqTail, _tail);
        uint submit = _tail - Volatile.Read(ref *_sqHead);
        if (Libc.IoUringEnter(SystemCallEnter, _ring.Number, submit, wait, EnterGetEvents, null, 0) >= 0)
        {
            return 0;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno is Errno.Intr or Errno.Again or Errno.Busy ? 0 : errno;
    }

    /// <summary>Takes the next completion, if there is one.</summary>
    internal bool TryReap(out IoUringCqe completion)
    {
        if (_head == Volatile.Read(ref *_cqTail))
        {
            completion = default;
            return false;
        }

        completion = _cqes[_head & _cqMask];
        _head++;
        Volatile.Write(ref *_cqHead, _head);
        return true;
    }

    public void Dispose()
    {
        _submissions.Dispose();
        _rings.Dispose();
        _ring.Dispose();
    }

    private IoUringSqe* Next()
    {
        Debug.Assert(_tail - Volatile.Read(ref *_sqHead) <= _sqMask, "more submissions than the ring was made for");
        IoUringSqe* sqe = &_sqes[_tail & _sqMask];
        Unsafe.InitBlock(sqe, 0, (uint)sizeof(IoUringSqe));
        _tail++;
        return sqe;
    }
}

using System.Buffers.Binary;
using System.Collections.Concurrent;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Tests.Transport;

/// <summary>A device of the tests' own: each command shows one property of the transport.</summary>
internal sealed class EchoHandler : ICallHandler
{
    /// <summary>_IO('t', 1): nothing travels.</summary>
    internal const uint Empty = 0x7401;

    /// <summary>_IOWR('t', 2, 16 bytes): adds one to every byte; the result is 7.</summary>
    internal const uint Increment = 0xC0107402;

    /// <summary>_IOWR('t', 3, 16 bytes): writes 0x5A everywhere and fails with ENXIO.</summary>
    internal const uint FailWithData = 0xC0107403;

    /// <summary>_IOR('t', 4, 8 bytes): the caller's thread id.</summary>
    internal const uint WhoCalls = 0x80087404;

    /// <summary>_IOWR('t', 5, 16 bytes): deferred until the test completes it.</summary>
    internal const uint Later = 0xC0107405;

    /// <summary>_IOWR('t', 6, 16383 bytes): the largest argument there is, every byte complemented.</summary>
    internal const uint Largest = 0xFFFF7406;

    /// <summary>_IO('t', 7): wakes the pollers of everybody, from the thread that serves the call.</summary>
    internal const uint Wake = 0x7407;

    /// <summary>_IOW('t', 8, 4 bytes): the result is the number that is passed.</summary>
    internal const uint Return = 0x40047408;

    private ulong _nextHandle;
    private ulong _kernelHandle;
    private uint _ready;

    internal IPollWaker? Waker { get; set; }

    internal int OpenErrno { get; set; }

    internal BlockingCollection<DeferredReply> Deferred { get; } = [];

    internal ConcurrentQueue<Caller> Openers { get; } = new();

    internal ConcurrentQueue<ulong> Flushed { get; } = new();

    internal BlockingCollection<ulong> Released { get; } = [];

    internal ManualResetEventSlim Armed { get; } = new();

    internal int PollCount;

    internal void MakeReady(uint events)
    {
        Volatile.Write(ref _ready, events);
        Waker?.WakePollers(Volatile.Read(ref _kernelHandle));
    }

    public int Open(in Caller caller, out ulong handle)
    {
        Openers.Enqueue(caller);
        handle = Interlocked.Increment(ref _nextHandle);
        return OpenErrno;
    }

    public void Flush(ulong handle, in Caller caller) => Flushed.Enqueue(handle);

    public void Release(ulong handle) => Released.Add(handle);

    public int Ioctl(ref IoctlCall call)
    {
        switch (call.Command)
        {
            case Empty:
                return 0;
            case Increment:
                foreach (ref byte value in call.Data)
                {
                    value++;
                }

                return 7;
            case FailWithData:
                call.Data.Fill(0x5A);
                return -6;
            case WhoCalls:
                BinaryPrimitives.WriteInt64LittleEndian(call.Data, call.Caller.ThreadId);
                return 0;
            case Largest:
                foreach (ref byte value in call.Data)
                {
                    value = (byte)~value;
                }

                return call.Data.Length;
            case Later:
                if (call.Defer() is not { } reply)
                {
                    return -11;
                }

                Deferred.Add(reply);
                return -1;
            case Wake:
                MakeReady(1);
                return 0;
            case Return:
                return BinaryPrimitives.ReadInt32LittleEndian(call.Data);
            default:
                return -95;
        }
    }

    public uint Poll(in PollCall call)
    {
        Interlocked.Increment(ref PollCount);
        Volatile.Write(ref _kernelHandle, call.KernelHandle);
        if (call.MayWait)
        {
            Armed.Set();
        }

        return Volatile.Read(ref _ready) & call.Events;
    }
}

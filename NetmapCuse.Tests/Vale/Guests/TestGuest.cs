using System.Buffers.Binary;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;
using NetmapCuse.Drivers.VhostUser;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>
/// A virtual machine without a machine: memory of its own, drivers for its rings, and a front-end that speaks to the port's
/// session in bytes and descriptors.
/// </summary>
internal sealed unsafe class TestGuest : IKickWatch, IDisposable
{
    internal const ulong GuestStart = 0x4000_0000;
    internal const ulong UserStart = 0x7f00_0000_0000;
    internal const int MemoryBytes = 8 << 20;
    internal const ushort RingSize = 64;
    internal const int BufferBytes = 4096;

    private const int BuffersAt = 1 << 20;

    private readonly MappedMemory _mapping;
    private readonly Dictionary<(int Ring, int Chain), (int Offset, int Length)[]> _chains = [];
    private readonly int[] _added = new int[32];
    private readonly byte[] _answer = new byte[64];
    private int _nextBuffer;

    internal TestGuest(GuestPort port, VirtioFeatures features, ushort ringSize = RingSize)
    {
        Port = port;
        Features = features | VirtioFeatures.Version1 | VirtioFeatures.ProtocolFeatures;
        Memory = Libc.MemFdCreate("guest", Libc.MfdCloexecSealable);
        _ = Libc.FTruncate(Memory, MemoryBytes);
        _mapping = MappedMemory.Map(Memory, MemoryBytes);
        Rings = [.. Enumerable.Range(0, 2 * port.Pairs).Select(number => (features & VirtioFeatures.PackedRing) != 0
            ? (DriverRing)new PackedDriverRing(_mapping.Address, (ulong)(number * DriverRing.PlaceBytes), ringSize)
            : new SplitDriverRing(_mapping.Address, (ulong)(number * DriverRing.PlaceBytes), ringSize))];
        Calls = [.. Rings.Select(static _ => new EventFd())];
        Session = new VhostSession(port, this, Serilog.Core.Logger.None);
    }

    internal GuestPort Port { get; }

    internal VirtioFeatures Features { get; }

    internal VhostSession Session { get; private set; }

    internal Fd Memory { get; }

    internal DriverRing[] Rings { get; }

    internal EventFd[] Calls { get; }

    internal bool ByEvent => (Features & VirtioFeatures.EventIndex) != 0;

    internal Span<byte> Bytes => new(_mapping.Address, MemoryBytes);

    /// <summary>Rings whose kicks somebody waits for.</summary>
    internal HashSet<int> Watched { get; } = [];

    /// <summary>Everything that a front-end says until traffic flows.</summary>
    internal TestGuest Start()
    {
        Send(VhostRequest.SetProtocolFeatures, (ulong)VhostSession.OfferedProtocol);
        Send(VhostRequest.SetFeatures, (ulong)Features);
        Expect(0, AddMemory());
        for (int ring = 0; ring < Rings.Length; ring++)
        {
            StartRing(ring, Rings[ring].FirstBase);
        }

        return this;
    }

    internal long? AddMemory() =>
        Send(VhostRequest.AddMemoryRegion, Words(0, GuestStart, MemoryBytes, UserStart, 0), Duplicate(Memory), wants: true);

    internal void StartRing(int ring, uint start)
    {
        DriverRing driver = Rings[ring];
        Send(VhostRequest.SetRingSize, Pair(ring, driver.Size));
        Send(VhostRequest.SetRingBase, Pair(ring, start));
        Expect(0, Send(VhostRequest.SetRingAddress, Address(ring), wants: true));
        using EventFd kick = new();
        Expect(0, Send(VhostRequest.SetRingKick, Words((ulong)ring), Duplicate(kick.Descriptor), wants: true));
        Send(VhostRequest.SetRingCall, Words((ulong)ring), Duplicate(Calls[ring].Descriptor));
        Expect(0, Send(VhostRequest.SetRingEnable, Pair(ring, 1), wants: true));
    }

    internal ulong[] Address(int ring, uint flags = 0, ulong log = 0) =>
    [
        (uint)ring | ((ulong)flags << 32),
        UserStart + Rings[ring].Descriptors, UserStart + Rings[ring].Device, UserStart + Rings[ring].Driver, log,
    ];

    /// <summary>A connection anew: what the front-end does when the back-end was gone.</summary>
    internal void Reconnect()
    {
        Session.Dispose();
        Session = new VhostSession(Port, this, Serilog.Core.Logger.None);
    }

    /// <summary>Sends a message; the descriptor goes with it.</summary>
    /// <returns>The answer; -1 where the connection is to end; null for none.</returns>
    internal long? Send(VhostRequest request, ulong[] words, Fd? descriptor = null, bool wants = false)
    {
        byte[] body = new byte[words.Length * sizeof(ulong)];
        Buffer.BlockCopy(words, 0, body, 0, body.Length);
        return SendBytes(request, body, descriptor is null ? [] : [descriptor], wants);
    }

    internal long? Send(VhostRequest request, ulong word) => Send(request, Words(word));

    internal long? SendBytes(VhostRequest request, byte[] body, List<Fd> descriptors, bool wants = false)
    {
        VhostHeader header = new(request, wants ? 9u : 1u, (uint)body.Length);
        int length = Session.Handle(header, body, descriptors, _answer);
        descriptors.ForEach(static left => left.Dispose());
        return length < 0 ? -1 : length == 0 ? null : BinaryPrimitives.ReadInt64LittleEndian(_answer.AsSpan(VhostHeader.Bytes));
    }

    /// <summary>Puts a packet on a ring, in pieces of these lengths, the last with what is left; header in front.</summary>
    internal void Put(byte[] frame, byte[]? header = null, int ring = 1, bool isIndirect = false, params int[] cuts)
    {
        byte[] packet = [.. header ?? new byte[12], .. frame];
        List<(ulong Guest, uint Length)> pieces = [];
        int start = 0;
        foreach (int length in (int[])[.. cuts, packet.Length])
        {
            int part = Math.Min(length, packet.Length - start);
            int place = TakeBuffer(part);
            packet.AsSpan(start, part).CopyTo(Bytes[place..]);
            pieces.Add((GuestStart + (ulong)place, (uint)part));
            start += part;
        }

        Rings[ring].Add(pieces, isWritten: false, isIndirect);
    }

    /// <summary>Puts a packet and has the port forward it.</summary>
    internal void SendFrame(byte[] frame, byte[]? header = null, params int[] cuts)
    {
        Put(frame, header, ring: 1, isIndirect: false, cuts);
        Port.Serve(0);
    }

    /// <summary>Gives buffers to receive in.</summary>
    internal void Post(int count, int bytes = BufferBytes, int ring = 0, int pieces = 1, bool isIndirect = false)
    {
        for (int i = 0; i < count; i++)
        {
            (int Offset, int Length)[] places = [.. Enumerable.Range(0, pieces).Select(_ => (TakeBuffer(bytes / pieces), bytes / pieces))];
            _chains[(ring, _added[ring]++)] = places;
            Rings[ring].Add([.. places.Select(static one => (GuestStart + (ulong)one.Offset, (uint)one.Length))], isWritten: true, isIndirect);
        }
    }

    /// <summary>Where the first buffers of the chains on a ring are, in the order in which they were added.</summary>
    internal List<int> LastBuffers(int ring = 0) =>
        [.. _chains.Where(one => one.Key.Ring == ring).OrderBy(static one => one.Key.Chain).Select(static one => one.Value[0].Offset)];

    /// <summary>Takes packets that have arrived: header and frame, put together of as many buffers as the header says.</summary>
    internal List<(byte[] Header, byte[] Frame)> Receive(int ring = 0)
    {
        List<(byte[] Header, byte[] Frame)> packets = [];
        while (TryTakeBuffer(ring, out byte[] first))
        {
            int buffers = BinaryPrimitives.ReadUInt16LittleEndian(first.AsSpan(10));
            List<byte> whole = [.. first];
            for (int more = 1; more < buffers; more++)
            {
                if (!TryTakeBuffer(ring, out byte[] next))
                {
                    throw new InvalidOperationException("A packet has fewer buffers than its header says.");
                }

                whole.AddRange(next);
            }

            packets.Add(([.. whole.Take(12)], [.. whole.Skip(12)]));
        }

        return packets;
    }

    internal List<byte[]> ReceiveFrames(int ring = 0) => [.. Receive(ring).Select(static packet => packet.Frame)];

    /// <summary>How many chains that were sent came back.</summary>
    internal int TakeSent(int ring = 1)
    {
        int count = 0;
        while (Rings[ring].TryTake(out int chain, out _))
        {
            if (chain != _added[ring]++)
            {
                throw new InvalidOperationException("Chains came back in another order.");
            }

            count++;
        }

        return count;
    }

    /// <summary>Whether the guest was told of news on a ring since its eventfd was emptied.</summary>
    internal bool IsCalled(int ring)
    {
        DescriptorPoll[] entries = [new(Calls[ring].Descriptor, DescriptorPoll.In)];
        DescriptorPoll.Wait(entries, 0);
        return entries[0].IsReady;
    }

    void IKickWatch.Add(int ring, Fd kick) => Watched.Add(ring);

    void IKickWatch.Remove(Fd kick)
    {
    }

    public void Dispose()
    {
        Session.Dispose();
        Array.ForEach(Calls, static call => call.Dispose());
        _mapping.Dispose();
        Memory.Dispose();
    }

    internal static Fd Duplicate(Fd fd)
    {
        const int DuplicateCloseOnExec = 1030;
        return new Fd(Libc.Fcntl(fd, DuplicateCloseOnExec, 0));
    }

    internal static ulong[] Words(params ulong[] words) => words;

    internal static ulong[] Pair(int ring, uint value) => [(uint)ring | ((ulong)value << 32)];

    private static void Expect(long wanted, long? answer)
    {
        if (answer != wanted)
        {
            throw new InvalidOperationException($"The answer is {answer}.");
        }
    }

    private bool TryTakeBuffer(int ring, out byte[] bytes)
    {
        bytes = [];
        if (!Rings[ring].TryTake(out int chain, out uint written))
        {
            return false;
        }

        List<byte> whole = [];
        foreach ((int offset, int length) in _chains[(ring, chain)])
        {
            whole.AddRange(Bytes.Slice(offset, length));
        }

        bytes = [.. whole.Take((int)written)];
        return true;
    }

    private int TakeBuffer(int bytes)
    {
        int wanted = (bytes + 63) & ~63;
        if (_nextBuffer + wanted > MemoryBytes - BuffersAt)
        {
            _nextBuffer = 0;
        }

        int place = BuffersAt + _nextBuffer;
        _nextBuffer += wanted + 64;
        return place;
    }
}

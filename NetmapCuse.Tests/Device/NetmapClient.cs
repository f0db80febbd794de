using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Tests.Device;

/// <summary>A small netmap program: opens, registers, maps, finds its rings.</summary>
internal sealed unsafe class NetmapClient(IDeviceFile file) : IDisposable
{
    private byte* _memory;

    internal IDeviceFile File => file;

    /// <summary>What the last successful registration returned.</summary>
    internal NmreqRegister Reg { get; private set; }

    internal NetmapIf* Interface { get; private set; }

    /// <summary>TX rings by number, host rings behind; null where the binding has none.</summary>
    internal ClientRing?[] TxRings { get; private set; } = [];

    internal ClientRing?[] RxRings { get; private set; } = [];

    internal ClientRing Tx => TxRings[0]!;

    internal ClientRing Rx => RxRings[0]!;

    /// <summary>NIOCCTRL with REGISTER, mode ALL_NIC unless the body says otherwise.</summary>
    /// <returns>0 or a positive errno.</returns>
    internal int TryRegister(string name, NmreqRegister body = default, ulong options = 0)
    {
        if (body.Mode == RegisterMode.Default)
        {
            body.Mode = RegisterMode.AllNic;
        }

        int error = Control(RequestType.Register, name, ref body, options);
        if (error == 0)
        {
            Reg = body;
            Attach(body.Offset, body.MemorySize);
        }

        return error;
    }

    /// <summary>Registers, or fails the test.</summary>
    internal NetmapClient Register(string name, NmreqRegister body = default)
    {
        int error = TryRegister(name, body);
        return error == 0 ? this : throw new InvalidOperationException($"REGISTER of {name} fails with errno {error}.");
    }

    /// <summary>NIOCCTRL with a body.</summary>
    /// <returns>0 or a positive errno.</returns>
    internal int Control<TBody>(RequestType type, string name, ref TBody body, ulong options = 0)
        where TBody : unmanaged
    {
        fixed (TBody* address = &body)
        {
            NmreqHeader header = new()
            {
                Version = NetmapApi.Version,
                RequestType = type,
                Options = options,
                Body = (ulong)address,
            };
            WireName.Write(header.Name, name);
            return Control(ref header);
        }
    }

    /// <summary>NIOCCTRL with this header.</summary>
    internal int Control(ref NmreqHeader header) => Ioctl(NetmapApi.NiocCtrl, ref header);

    /// <summary>NIOCREGIF or NIOCGINFO.</summary>
    internal int Legacy(uint command, ref Nmreq request) => Ioctl(command, ref request);

    /// <summary>NIOCREGIF, version 14, and the rings.</summary>
    internal int TryRegisterLegacy(ref Nmreq request)
    {
        request.Version = NetmapApi.Version;
        int error = Legacy(NetmapApi.NiocRegIf, ref request);
        if (error == 0)
        {
            Attach(request.Offset, request.MemorySize);
        }

        return error;
    }

    internal int TxSync() => -file.Ioctl(NetmapApi.NiocTxSync, []);

    internal int RxSync() => -file.Ioctl(NetmapApi.NiocRxSync, []);

    internal int Poll(int events, int timeoutMs = 0) => file.Poll(events, timeoutMs);

    /// <summary>Puts frames in the first TX ring and syncs.</summary>
    internal void Send(params byte[][] frames)
    {
        foreach (byte[] frame in frames)
        {
            Tx.Put(frame);
        }

        Check(TxSync());
    }

    /// <summary>Syncs and reads everything that is in an RX ring.</summary>
    internal List<byte[]> Receive(int ring = 0)
    {
        Check(RxSync());
        List<byte[]> frames = RxRings[ring]!.TakeAll();
        Check(RxSync());
        return frames;
    }

    /// <summary>The list of extra buffers.</summary>
    internal List<uint> ExtraBuffers()
    {
        List<uint> list = [];
        ClientRing ring = TxRings.Concat(RxRings).First(ring => ring is not null)!;
        for (uint next = Interface->BuffersHead; next != 0; next = MemoryMarshal.Read<uint>(ring.Buffer(next)))
        {
            list.Add(next);
        }

        return list;
    }

    /// <summary>The entries of ring_ofs.</summary>
    internal long[] RingOffsets() => new Span<long>(
        (byte*)Interface + NetmapIf.Bytes,
        (int)(Interface->TxRings + Interface->HostTxRings + Interface->RxRings + Interface->HostRxRings)).ToArray();

    public void Dispose() => file.Dispose();

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new InvalidOperationException($"A sync fails with errno {error}.");
        }
    }

    private int Ioctl<T>(uint command, ref T argument)
        where T : unmanaged
    {
        int result = file.Ioctl(command, MemoryMarshal.AsBytes(new Span<T>(ref argument)));
        return result >= 0 ? result : -result;
    }

    private void Attach(ulong offset, ulong size)
    {
        if (_memory == null)
        {
            _memory = file.Map(size);
        }

        Interface = (NetmapIf*)(_memory + offset);
        long[] offsets = RingOffsets();
        int tx = (int)(Interface->TxRings + Interface->HostTxRings);
        TxRings = [.. offsets[..tx].Select(Ring)];
        RxRings = [.. offsets[tx..].Select(Ring)];
    }

    private ClientRing? Ring(long offset) =>
        offset == 0 ? null : new ClientRing((NetmapRing*)((byte*)Interface + offset));
}

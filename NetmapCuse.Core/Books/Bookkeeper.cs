using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Books;

/// <summary>
/// Keeps the books of a device file (<see cref="BookLayout"/>): gives out records, and takes them back. What is in them is
/// written by whoever it happens to. Ports and bindings come and go under the lock of the control plane; records of rings come
/// back from the finalizer's thread.
/// </summary>
internal sealed unsafe class Bookkeeper : IDisposable
{
    private readonly MappedMemory _mapping;
    private readonly Places _ports = new(BookLayout.PortsMax);
    private readonly Places _bindings = new(BookLayout.BindingsMax);
    private readonly Places _rings = new(BookLayout.RingsMax);

    internal Bookkeeper(ulong arenaBytes)
    {
        File = Libc.MemFdCreate("netmap-books", Libc.MfdCloexecSealable);
        if (File.IsInvalid || Libc.FTruncate(File, BookLayout.TotalBytes) != 0 || Libc.Fcntl(File, Libc.FAddSeals, Libc.SealSize) != 0)
        {
            throw PosixException.Last("memfd_create for the books");
        }

        _mapping = MappedMemory.Map(File, (ulong)BookLayout.TotalBytes);
        Header.Version = BookLayout.Version;
        Header.ProcessId = Environment.ProcessId;
        Header.StartedAt = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Header.ArenaBytes = arenaBytes;
        Volatile.Write(ref Header.Magic, BookLayout.Magic);
    }

    /// <summary>The memfd: readers open it as /proc/PID/fd/NUMBER.</summary>
    internal Fd File { get; }

    internal ref BookHeader Header => ref *(BookHeader*)_mapping.Address;

    /// <summary>Says where and how the device is served.</summary>
    internal void Describe(string path, string door, string transport)
    {
        BookText.Write(Header.Path, path);
        BookText.Write(Header.Door, door);
        BookText.Write(Header.Transport, transport);
    }

    /// <summary>Null when the books are full: the port works all the same.</summary>
    internal PortPlace? AddPort(string name, PortRings rings)
    {
        if (!_ports.TryTake(out int place))
        {
            return null;
        }

        PortRecord* record = Port(place);
        uint generation = record->Generation;
        *record = default;
        record->TxRings = rings.Tx;
        record->RxRings = rings.Rx;
        record->TxSlots = rings.TxSlots;
        record->RxSlots = rings.RxSlots;
        BookText.Write(record->Name, name);
        Volatile.Write(ref record->Generation, generation + 1);
        Header.PortsSeen = _ports.Seen;
        return new PortPlace(this, place, record);
    }

    internal void ReturnPort(int place)
    {
        PortRecord* record = Port(place);
        Volatile.Write(ref record->Generation, record->Generation + 1);
        _ports.Return(place);
    }

    /// <summary>A record for a ring of the port; a hidden one when the books are full.</summary>
    internal RingPlace AddRing(int port, RingDirection direction, uint index, uint slots, bool isHost)
    {
        if (!_rings.TryTake(out int place))
        {
            return new RingPlace();
        }

        bool referenced = false;
        _mapping.DangerousAddRef(ref referenced);
        RingRecord* record = Ring(place);
        uint generation = record->Generation;
        *record = default;
        record->Port = port;
        record->IsTx = direction == RingDirection.Tx ? 1u : 0u;
        record->Index = index;
        record->Slots = slots;
        record->IsHost = isHost ? 1u : 0u;
        Volatile.Write(ref record->Generation, generation + 1);
        Header.RingsSeen = _rings.Seen;
        return new RingPlace(this, place, record);
    }

    /// <summary>Nobody can reach the ring any more. From the finalizer's thread.</summary>
    internal void ReturnRing(int place)
    {
        RingRecord* record = Ring(place);
        if ((record->Generation & 1) != 0)
        {
            Volatile.Write(ref record->Generation, record->Generation + 1);
        }

        _rings.Return(place);
        _mapping.DangerousRelease();
    }

    /// <summary>Enters a binding. Returns its place, or -1 when the books are full.</summary>
    internal int AddBinding(in BindingRecord binding)
    {
        if (!_bindings.TryTake(out int place))
        {
            return -1;
        }

        BindingRecord* record = Binding(place);
        uint generation = record->Generation;
        *record = binding with { Generation = generation };
        Volatile.Write(ref record->Generation, generation + 1);
        Header.BindingsSeen = _bindings.Seen;
        return place;
    }

    internal void ReturnBinding(int place)
    {
        if (place >= 0)
        {
            BindingRecord* record = Binding(place);
            Volatile.Write(ref record->Generation, record->Generation + 1);
            _bindings.Return(place);
        }
    }

    /// <summary>The memory stays until the last ring that has a record in it is collected.</summary>
    public void Dispose()
    {
        _mapping.Dispose();
        File.Dispose();
    }

    private PortRecord* Port(int place) => (PortRecord*)(_mapping.Address + BookLayout.PortsOffset) + place;

    private BindingRecord* Binding(int place) => (BindingRecord*)(_mapping.Address + BookLayout.BindingsOffset) + place;

    private RingRecord* Ring(int place) => (RingRecord*)(_mapping.Address + BookLayout.RingsOffset) + place;
}

using System.Buffers.Binary;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;
using Serilog;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>
/// One connection of a front-end, as a state machine: a message with its descriptors in, an answer out. It opens and closes the
/// rings of the guest's port. All on the port's thread.
/// </summary>
internal sealed partial class VhostSession : IDisposable
{
    /// <summary>The longest message that is taken. A memory table of eight regions has 264 bytes.</summary>
    internal const int BodyMax = 4096;

    internal const VhostProtocolFeatures OfferedProtocol =
        VhostProtocolFeatures.MultiQueue | VhostProtocolFeatures.LogDescriptor | VhostProtocolFeatures.Rarp
        | VhostProtocolFeatures.Acknowledge | VhostProtocolFeatures.Mtu | VhostProtocolFeatures.ResetDevice
        | VhostProtocolFeatures.MemorySlots | VhostProtocolFeatures.Status;

    /// <summary>
    /// Without a virtual IOMMU, UDP segmentation, receive side hashes and resets of single rings: nobody here could do what they ask.
    /// </summary>
    internal const VirtioFeatures Offered =
        VirtioFeatures.Checksum | VirtioFeatures.GuestChecksum | VirtioFeatures.Mtu
        | VirtioFeatures.GuestTcpV4 | VirtioFeatures.GuestTcpV6 | VirtioFeatures.GuestCongestion
        | VirtioFeatures.HostTcpV4 | VirtioFeatures.HostTcpV6 | VirtioFeatures.HostCongestion
        | VirtioFeatures.MergedBuffers | VirtioFeatures.GuestAnnounces | VirtioFeatures.MultiQueue
        | VirtioFeatures.LogAll | VirtioFeatures.AnyLayout | VirtioFeatures.IndirectDescriptors
        | VirtioFeatures.EventIndex | VirtioFeatures.ProtocolFeatures | VirtioFeatures.Version1
        | VirtioFeatures.PackedRing | VirtioFeatures.InOrder;

    private readonly GuestPort _port;
    private readonly IKickWatch _kicks;
    private readonly ILogger _log;
    private readonly VhostRing[] _rings;
    private readonly GuestMemory _memory = new();
    private VirtioFeatures _features;
    private VhostProtocolFeatures _protocol;
    private DirtyLog? _dirty;
    private ulong _status;
    private int _mtu;

    internal VhostSession(GuestPort port, IKickWatch kicks, ILogger log)
    {
        _port = port;
        _kicks = kicks;
        _log = log;
        _rings = [.. Enumerable.Range(0, 2 * port.Pairs).Select(static number => new VhostRing(number))];
        ShowStatus();
    }

    /// <summary>Some ring that the guest sends on has no kick descriptor, so it has to be looked at.</summary>
    internal bool MustLook => Array.Exists(_rings, static ring => ring is { IsReceive: false, IsStarted: true, Kick: null });

    /// <summary>Does what a message says.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="body">What follows that.</param>
    /// <param name="descriptors">What came along; what is left in the list is closed by the caller.</param>
    /// <param name="answer">Where the answer goes, header included.</param>
    /// <returns>Bytes of the answer; negative when the connection is to end.</returns>
    internal int Handle(VhostHeader header, ReadOnlySpan<byte> body, List<Fd> descriptors, Span<byte> answer)
    {
        VhostAnswer outcome = header.IsSound ? Do(header.Request, body, descriptors) : VhostAnswer.Broken;
        if (outcome.Kind == VhostAnswer.Outcome.Broken)
        {
            _log.Warning("Port {Name}: message {Request} of its front-end makes no sense", _port.Name, header.Request);
            return -1;
        }

        if (outcome.Kind == VhostAnswer.Outcome.Failed)
        {
            _log.Warning("Port {Name}: {Request} of its front-end cannot be done", _port.Name, header.Request);
        }

        bool hasValue = outcome.Kind == VhostAnswer.Outcome.Value;
        if (!hasValue && !(header.WantsAnswer && (_protocol & VhostProtocolFeatures.Acknowledge) != 0))
        {
            return 0;
        }

        header.WriteAnswer(answer, sizeof(ulong));
        ulong value = hasValue ? outcome.Value : outcome.Kind == VhostAnswer.Outcome.Done ? 0UL : 1UL;
        BinaryPrimitives.WriteUInt64LittleEndian(answer[VhostHeader.Bytes..], value);
        return VhostHeader.Bytes + sizeof(ulong);
    }

    /// <summary>Closes rings whose contents make no sense, and says so where the front-end wants to hear of it.</summary>
    internal void CloseBroken()
    {
        foreach (VhostRing ring in _rings)
        {
            if (QueueOf(ring) is { IsBroken: true })
            {
                Close(ring);
                ring.IsStarted = false;
                ring.Error?.Signal();
                _log.Warning("Port {Name}: the guest's ring {Ring} makes no sense and is stopped", _port.Name, ring.Number);
                ShowStatus();
            }
        }
    }

    /// <summary>The front-end has gone: the guest may be there still, but nobody may touch its memory on its behalf.</summary>
    public void Dispose()
    {
        foreach (VhostRing ring in _rings)
        {
            Close(ring);
            SetKick(ring, null);
            SetCall(ring, null);
            ring.Dispose();
        }

        _memory.Dispose();
        _dirty?.Dispose();
        _port.Status = null;
    }

    private VhostAnswer Do(VhostRequest request, ReadOnlySpan<byte> body, List<Fd> descriptors) => request switch
    {
        VhostRequest.GetFeatures => VhostAnswer.Of((ulong)Offered),
        VhostRequest.SetFeatures => WithNumber(body, SetFeatures),
        VhostRequest.SetOwner or VhostRequest.ResetOwner => VhostAnswer.Done,
        VhostRequest.GetProtocolFeatures => VhostAnswer.Of((ulong)OfferedProtocol),
        VhostRequest.SetProtocolFeatures => WithNumber(body, SetProtocolFeatures),
        VhostRequest.GetQueuePairs => VhostAnswer.Of((ulong)_port.Pairs),
        VhostRequest.SetMemoryTable => SetMemoryTable(body, descriptors),
        VhostRequest.GetMemorySlots => VhostAnswer.Of(GuestMemory.RegionsMax),
        VhostRequest.AddMemoryRegion => AddMemoryRegion(body, descriptors),
        VhostRequest.RemoveMemoryRegion => RemoveMemoryRegion(body),
        VhostRequest.SetLogBase => SetLogBase(body, descriptors),
        VhostRequest.SetRingSize => WithRing(body, static (ring, value) => ring.Size = value),
        VhostRequest.SetRingBase => WithRing(body, static (ring, value) => ring.Base = value),
        VhostRequest.GetRingBase => GetRingBase(body),
        VhostRequest.SetRingAddress => SetRingAddress(body),
        VhostRequest.SetRingKick => WithDescriptor(body, descriptors, Start),
        VhostRequest.SetRingCall => WithDescriptor(body, descriptors, SetCallOf),
        VhostRequest.SetRingError => WithDescriptor(body, descriptors, SetErrorOf),
        VhostRequest.SetRingEnable => WithRing(body, static (ring, value) => ring.IsEnabled = value != 0),
        VhostRequest.SendRarp => SendRarp(body),
        VhostRequest.SetMtu => WithNumber(body, SetMtu),
        VhostRequest.ResetDevice => ResetDevice(),
        VhostRequest.SetStatus => WithNumber(body, SetStatus),
        VhostRequest.GetStatus => VhostAnswer.Of(_status),

        // A log eventfd and a channel of our own are of no use here: their descriptors are closed.
        VhostRequest.SetLogDescriptor or VhostRequest.SetBackendChannel => VhostAnswer.Done,
        _ => VhostAnswer.Failed,
    };

    private static VhostAnswer WithNumber(ReadOnlySpan<byte> body, Func<ulong, VhostAnswer> act) =>
        body.Length >= sizeof(ulong) ? act(BinaryPrimitives.ReadUInt64LittleEndian(body)) : VhostAnswer.Broken;

    private VhostAnswer SetFeatures(ulong features)
    {
        if ((features & ~(ulong)Offered) != 0)
        {
            return VhostAnswer.Failed;
        }

        CloseAll();
        _features = (VirtioFeatures)features;
        _port.SetVnetHeader((_features & (VirtioFeatures.Version1 | VirtioFeatures.MergedBuffers)) != 0 ? 12u : 10u);
        OpenAll();
        return VhostAnswer.Done;
    }

    private VhostAnswer SetProtocolFeatures(ulong features)
    {
        if ((features & ~(ulong)OfferedProtocol) != 0)
        {
            return VhostAnswer.Failed;
        }

        _protocol = (VhostProtocolFeatures)features;
        return VhostAnswer.Done;
    }

    private VhostAnswer SetMtu(ulong mtu)
    {
        // Figures that a network interface can have (linux/if_ether.h: ETH_MIN_MTU, ETH_MAX_MTU).
        if (mtu is < 68 or > 65535)
        {
            return VhostAnswer.Failed;
        }

        _mtu = (int)mtu;
        ShowStatus();
        return VhostAnswer.Done;
    }

    /// <summary>0 is a reset by the driver. Where the rings stand is asked for afterwards, so it is kept.</summary>
    private VhostAnswer SetStatus(ulong status)
    {
        _status = status;
        return status == 0 ? StopAll() : VhostAnswer.Done;
    }

    private VhostAnswer ResetDevice()
    {
        _status = 0;
        foreach (VhostRing ring in _rings)
        {
            ring.IsEnabled = false;
        }

        return StopAll();
    }

    /// <summary>RARP (RFC 903) in the guest's name: switches learn where it is now.</summary>
    private VhostAnswer SendRarp(ReadOnlySpan<byte> body)
    {
        const int AddressBytes = 6;
        if (body.Length < AddressBytes)
        {
            return VhostAnswer.Broken;
        }

        Span<byte> frame = stackalloc byte[60];
        frame.Clear();
        frame[..AddressBytes].Fill(0xff);
        ReadOnlySpan<byte> address = body[..AddressBytes];
        address.CopyTo(frame[AddressBytes..]);

        // Type RARP; Ethernet, IPv4, 6 and 4 bytes of address, request reverse.
        ReadOnlySpan<byte> kind = [0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3];
        kind.CopyTo(frame[12..]);
        address.CopyTo(frame[22..]);
        address.CopyTo(frame[32..]);
        _port.Send(frame);
        return VhostAnswer.Done;
    }

    private void ShowStatus() => _port.Status = new GuestStatus(
        (ulong)_features, _port.Receivers.Count(static ring => ring.Queue is not null), _memory.Bytes, _memory.Count, _mtu);
}

namespace NetmapCuse.Core.Abi.Virtio;

/// <summary>
/// Feature bits of a virtio network device and of its rings (Virtual I/O Device 1.2 sections 5.1.3 and 6; linux/virtio_net.h,
/// virtio_config.h, virtio_ring.h, vhost_types.h). "Host" is the device's side: what the guest may send. "Guest" is what it takes.
/// </summary>
[Flags]
internal enum VirtioFeatures : ulong
{
    None = 0,

    /// <summary>VIRTIO_NET_F_CSUM: the guest may leave checksums to the device.</summary>
    Checksum = 1UL << 0,

    /// <summary>VIRTIO_NET_F_GUEST_CSUM: the guest takes frames whose checksum is not complete.</summary>
    GuestChecksum = 1UL << 1,

    /// <summary>VIRTIO_NET_F_MTU: the device says how long frames may be.</summary>
    Mtu = 1UL << 3,
    GuestTcpV4 = 1UL << 7,
    GuestTcpV6 = 1UL << 8,
    GuestCongestion = 1UL << 9,
    GuestUdp = 1UL << 10,
    HostTcpV4 = 1UL << 11,
    HostTcpV6 = 1UL << 12,
    HostCongestion = 1UL << 13,

    /// <summary>VIRTIO_NET_F_MRG_RXBUF: a received frame may lie in several chains.</summary>
    MergedBuffers = 1UL << 15,

    /// <summary>VIRTIO_NET_F_GUEST_ANNOUNCE: the guest tells the network itself where it is after a migration.</summary>
    GuestAnnounces = 1UL << 21,

    /// <summary>VIRTIO_NET_F_MQ: several queue pairs.</summary>
    MultiQueue = 1UL << 22,

    /// <summary>VHOST_F_LOG_ALL: what is written to the guest's memory is noted in the log.</summary>
    LogAll = 1UL << 26,
    AnyLayout = 1UL << 27,
    IndirectDescriptors = 1UL << 28,
    EventIndex = 1UL << 29,

    /// <summary>VHOST_USER_F_PROTOCOL_FEATURES: between front-end and back-end only.</summary>
    ProtocolFeatures = 1UL << 30,
    Version1 = 1UL << 32,
    PackedRing = 1UL << 34,

    /// <summary>VIRTIO_F_IN_ORDER: chains are given back in the order in which they came.</summary>
    InOrder = 1UL << 35,
}

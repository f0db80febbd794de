using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>Fields of the common configuration structure (VIRTIO 1.2 section 4.1.4.3) and of a network device's (5.1.4).</summary>
internal static class VirtioRegisters
{
    internal static readonly Register DeviceFeatureSelect = new("device_feature_select", 0x00);
    internal static readonly Register DeviceFeature = new("device_feature", 0x04);
    internal static readonly Register DriverFeatureSelect = new("driver_feature_select", 0x08);
    internal static readonly Register DriverFeature = new("driver_feature", 0x0c);
    internal static readonly Register ConfigVector = new("config_msix_vector", 0x10);
    internal static readonly Register Queues = new("num_queues", 0x12);
    internal static readonly Register Status = new("device_status", 0x14);
    internal static readonly Register QueueSelect = new("queue_select", 0x16);
    internal static readonly Register QueueSize = new("queue_size", 0x18);
    internal static readonly Register QueueVector = new("queue_msix_vector", 0x1a);
    internal static readonly Register QueueEnable = new("queue_enable", 0x1c);
    internal static readonly Register QueueNotifyOffset = new("queue_notify_off", 0x1e);
    internal static readonly Register QueueDescriptors = new("queue_desc", 0x20);
    internal static readonly Register QueueDriver = new("queue_driver", 0x28);
    internal static readonly Register QueueDevice = new("queue_device", 0x30);

    internal static readonly Register NetMac = new("mac", 0x00, 1);
    internal static readonly Register NetStatus = new("status", 0x06);
    internal static readonly Register NetPairsMax = new("max_virtqueue_pairs", 0x08);
}

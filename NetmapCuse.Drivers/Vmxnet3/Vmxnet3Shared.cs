using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Vmxnet3;

/// <summary>
/// The structure in control memory by which driver and device know of each other (Vmxnet3_DriverShared, same source). Written by the
/// driver before it activates the device, but for the events.
/// </summary>
internal static class Vmxnet3Shared
{
    internal const uint Bytes = 1024;

    internal const uint Magic = 0xbabe_fee1;

    // Vmxnet3_MiscConf, at 8
    internal const uint Version = 8;
    internal const uint GuestBits = 12;
    internal const uint Revision = 16;
    internal const uint PassThroughRevision = 20;
    internal const uint Features = 24;
    internal const uint DriverData = 32;
    internal const uint QueueDescriptors = 40;
    internal const uint DriverDataBytes = 48;
    internal const uint QueueDescriptorBytes = 52;
    internal const uint Mtu = 56;
    internal const uint ReceiveParts = 60;
    internal const uint TxQueues = 62;
    internal const uint RxQueues = 63;

    // Vmxnet3_IntrConf, at 80
    internal const uint AutoMask = 80;
    internal const uint Interrupts = 81;
    internal const uint EventInterrupt = 82;
    internal const uint InterruptControl = 108;

    // Vmxnet3_RxFilterConf, at 120
    internal const uint ReceiveMode = 120;
    internal const uint VlanTable = 136;
    internal const uint VlanTableBytes = 512;

    /// <summary>Causes of events; written by the device.</summary>
    internal const uint Events = 696;

    /// <summary>Vmxnet3_TxQueueDesc and Vmxnet3_RxQueueDesc: control, then configuration at 16, then what the device writes.</summary>
    internal const uint QueueBytes = 256;

    internal const uint UpdateRxProducer = 0;
    internal const uint Ring = 16;
    internal const uint SecondRing = 24;
    internal const uint TxCompletions = 32;
    internal const uint RxCompletions = 32;
    internal const uint RingSize = 56;
    internal const uint SecondRingSize = 60;
    internal const uint CompletionSize = 64;
    internal const uint Interrupt = 72;

    internal static void Write<T>(this DmaBlock block, uint place, T value)
        where T : unmanaged => block.At<T>(place) = value;
}

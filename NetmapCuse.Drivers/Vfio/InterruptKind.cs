namespace NetmapCuse.Drivers.Vfio;

/// <summary>Interrupts of a VFIO device, by their index (linux/vfio.h).</summary>
internal enum InterruptKind : uint
{
    /// <summary>A wire. Level: masked by the kernel with each delivery.</summary>
    Wire = 0,

    /// <summary>Message signalled.</summary>
    Message = 1,

    /// <summary>MSI-X.</summary>
    Messages = 2,

    /// <summary>The bus told of an error of the device.</summary>
    Error = 3,

    /// <summary>Somebody wants the device back.</summary>
    Request = 4,
}

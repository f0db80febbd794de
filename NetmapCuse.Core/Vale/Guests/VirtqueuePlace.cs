namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// Where a ring's three parts are, as SET_VRING_ADDR has it: addresses of the front-end. In packed rings the second part is what the
/// driver says about notifications, and the third what the device says.
/// </summary>
/// <param name="Descriptors">The descriptors.</param>
/// <param name="Driver">The available ring.</param>
/// <param name="Device">The used ring.</param>
/// <param name="Log">The used ring's address for the guest, with <paramref name="IsLogged"/>.</param>
/// <param name="IsLogged">What is written to the used ring is noted in the dirty log.</param>
internal readonly record struct VirtqueuePlace(ulong Descriptors, ulong Driver, ulong Device, ulong Log, bool IsLogged);

namespace NetmapCuse.Core.Memory;

/// <summary>
/// Where the packet memory of a device file comes from. Its place and size are fixed for life; every client maps it from
/// offset 0.
/// </summary>
public abstract unsafe class PacketMemory : IDisposable
{
    private protected PacketMemory(ulong size) => Size = size;

    /// <summary>Bytes, whole pages.</summary>
    internal ulong Size { get; }

    internal abstract byte* Address { get; }

    /// <summary>
    /// This process has to answer page faults in it, so nothing may fault there that holds the lock of our address space: prepare
    /// what the kernel is going to pin.
    /// </summary>
    internal virtual bool FaultsAskUs => false;

    /// <summary>
    /// Makes the pages of a range present and writable, so that using them takes no page fault. What was cleared since is
    /// zeros. False: the memory cannot be had.
    /// </summary>
    internal abstract bool Prepare(ulong offset, ulong length);

    /// <summary>Nothing in the range is needed any more: it is zeros when it is prepared next.</summary>
    internal abstract void Clear(ulong offset, ulong length);

    /// <summary>
    /// The first page at or after an offset that takes memory of the system; the size when there is none, or where only the kernel
    /// knows and takes such pages back by itself.
    /// </summary>
    internal virtual ulong FirstTouched(ulong offset) => Size;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}

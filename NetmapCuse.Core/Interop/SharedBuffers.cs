namespace NetmapCuse.Core.Interop;

/// <summary>Buffers of one size that another process can see: a memfd. Zeros at first.</summary>
internal sealed unsafe class SharedBuffers : IDisposable
{
    private readonly MappedMemory _mapping;
    private readonly int _size;

    /// <param name="count">How many buffers.</param>
    /// <param name="size">Bytes of each, whole pages.</param>
    /// <remarks>
    /// Their pages are there from the start: a system call that has to bring one waits for the lock of the whole address
    /// space, which a thread holds that waits for a write-back in a page fault.
    /// </remarks>
    internal SharedBuffers(int count, int size) : this(Create((long)count * size), count, size)
    {
        for (int i = 0; i < count; i++)
        {
            this[i].Clear();
        }

        // Where it is not permitted they stay as long as the system has memory.
        _ = Libc.MLock2(_mapping.Address, (nuint)_mapping.Length, 0);
    }

    /// <summary>Those of another process.</summary>
    /// <param name="file">Its memfd; becomes this object's.</param>
    /// <param name="count">As there.</param>
    /// <param name="size">As there.</param>
    internal SharedBuffers(Fd file, int count, int size)
    {
        File = file;
        Count = count;
        _size = size;
        _mapping = MappedMemory.Map(file, (ulong)((long)count * size));
    }

    internal Fd File { get; }

    internal int Count { get; }

    /// <summary>Valid until this object is disposed of; its owner sees to that.</summary>
    internal Span<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            return new Span<byte>(_mapping.Address + ((long)index * _size), _size);
        }
    }

    public void Dispose()
    {
        _mapping.Dispose();
        File.Dispose();
    }

    private static Fd Create(long size)
    {
        Fd file = Libc.MemFdCreate("netmap-requests", Libc.MfdCloexecSealable);
        if (file.IsInvalid || Libc.FTruncate(file, size) != 0)
        {
            PosixException failure = PosixException.Last("memory for requests");
            file.Dispose();
            throw failure;
        }

        return file;
    }
}

using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace NetmapCuse.Models.VfioUser;

/// <summary>Event descriptors of the client, a vector each.</summary>
internal sealed class InterruptLines : IInterruptSink
{
    internal const int LineIndex = 0;
    internal const int MsiIndex = 1;
    internal const int MsiXIndex = 2;
    internal const int Kinds = 5;

    private static readonly byte[] s_one = One();
    private readonly Lock _guard = new();
    private readonly Dictionary<(int Index, int Vector), int> _descriptors = [];

    public InterruptMode Mode
    {
        get
        {
            lock (_guard)
            {
                return ModeOf(Index());
            }
        }
    }

    public void Signal(int vector)
    {
        lock (_guard)
        {
            if (_descriptors.TryGetValue((Index(), vector), out int descriptor))
            {
                Syscall.write(descriptor, Marshal.UnsafeAddrOfPinnedArrayElement(s_one, 0), sizeof(ulong));
            }
        }
    }

    /// <summary>Sets vectors from a first one on; what there are no descriptors for is off.</summary>
    internal void Set(int index, int first, int count, IReadOnlyList<int> descriptors)
    {
        lock (_guard)
        {
            for (int i = 0; i < count; i++)
            {
                Close((index, first + i));
                if (i < descriptors.Count)
                {
                    _descriptors[(index, first + i)] = descriptors[i];
                }
            }
        }
    }

    /// <summary>Turns a kind off.</summary>
    internal void Clear(int index)
    {
        lock (_guard)
        {
            foreach ((int Index, int Vector) key in _descriptors.Keys.Where(key => key.Index == index).ToList())
            {
                Close(key);
            }
        }
    }

    private static InterruptMode ModeOf(int index) => index switch
    {
        LineIndex => InterruptMode.Line,
        MsiIndex => InterruptMode.Msi,
        MsiXIndex => InterruptMode.MsiX,
        _ => InterruptMode.None,
    };

    private static byte[] One()
    {
        byte[] one = GC.AllocateArray<byte>(sizeof(ulong), pinned: true);
        one[0] = 1;
        return one;
    }

    // Messages take precedence over the line.
    private int Index()
    {
        int highest = -1;
        foreach ((int Index, int Vector) key in _descriptors.Keys)
        {
            highest = Math.Max(highest, key.Index <= MsiXIndex ? key.Index : -1);
        }

        return highest;
    }

    private void Close((int Index, int Vector) key)
    {
        if (_descriptors.Remove(key, out int descriptor))
        {
            _ = Syscall.close(descriptor);
        }
    }
}

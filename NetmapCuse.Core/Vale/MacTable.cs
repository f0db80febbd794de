namespace NetmapCuse.Core.Vale;

/// <summary>
/// Which port of a switch an Ethernet address was last seen on. 1024 buckets of 4 entries; each entry is one 64-bit word
/// (address, port, valid bit), read and written whole, so senders need no lock: the worst that a race can do is to flood
/// one packet. Addresses stay until their port leaves or their place is needed.
/// </summary>
internal sealed class MacTable
{
    private const int Buckets = 1024;
    private const int Ways = 4;
    private const ulong AddressMask = 0x0000_ffff_ffff_ffff;
    private const ulong Valid = 1UL << 63;
    private const int PortShift = 48;

    private readonly ulong[] _entries = new ulong[Buckets * Ways];

    /// <summary>The port of an address, or <see cref="ValeSwitch.Flood"/> when it is unknown.</summary>
    /// <param name="address">48 bits in the byte order of the wire, loaded as little-endian.</param>
    internal int Find(ulong address)
    {
        int bucket = BucketOf(address);
        for (int way = 0; way < Ways; way++)
        {
            ulong entry = Volatile.Read(ref _entries[bucket + way]);
            if ((entry & (AddressMask | Valid)) == (address | Valid))
            {
                return (byte)(entry >> PortShift);
            }
        }

        return ValeSwitch.Flood;
    }

    /// <summary>Notes that an address is on a port. Writes only when that is news.</summary>
    internal void Learn(ulong address, int port)
    {
        int bucket = BucketOf(address);
        ulong fresh = address | Valid | ((ulong)(byte)port << PortShift);
        int place = -1;
        for (int way = 0; way < Ways; way++)
        {
            ulong entry = Volatile.Read(ref _entries[bucket + way]);
            if (entry == fresh)
            {
                return;
            }

            if ((entry & (AddressMask | Valid)) == (address | Valid))
            {
                place = way;
                break;
            }

            if (place < 0 && entry == 0)
            {
                place = way;
            }
        }

        // A full bucket gives up the entry that the address itself picks.
        Volatile.Write(ref _entries[bucket + (place >= 0 ? place : (int)(address >> 40) & (Ways - 1))], fresh);
    }

    /// <summary>Forgets all addresses of a port. Control plane; entries learnt meanwhile may stay until they are learnt anew.</summary>
    internal void Forget(int port)
    {
        for (int i = 0; i < _entries.Length; i++)
        {
            ulong entry = Volatile.Read(ref _entries[i]);
            if ((entry & Valid) != 0 && (byte)(entry >> PortShift) == port)
            {
                Interlocked.CompareExchange(ref _entries[i], 0, entry);
            }
        }
    }

    /// <summary>Multiplicative hash (Knuth): the top bits depend on all 48.</summary>
    private static int BucketOf(ulong address) => (int)((address * 0x9E37_79B9_7F4A_7C15) >> 54) * Ways;
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Pipes;

/// <summary>One end of a pipe. The pipe keeps the parent, and the parent the region.</summary>
internal sealed class PipePort(Pipe pipe, string name, PortRings rings, Region region) : Port(name, rings, region)
{
    internal PipePort Peer => pipe.PeerOf(this);

    private protected override PortKind Kind => PortKind.Pipe;

    internal override bool SupportsOffsets => true;

    internal override bool TxSync(Kring ring)
    {
        PipeTransfer.Send(ring, Peer.Rx[ring.Index]);
        return true;
    }

    internal override bool RxSync(Kring ring)
    {
        PipeTransfer.Release(ring, Peer.Tx[ring.Index]);
        return true;
    }

    internal override bool HasNews(Kring ring) => ring.Direction == RingDirection.Rx
        ? base.HasNews(ring)
        : PipeTransfer.HasSpaceToReclaim(ring, Peer.Rx[ring.Index]);

    internal override void AddBinding()
    {
        AddReference();
        if (Bindings++ == 0)
        {
            pipe.OpenEnd();
        }
    }

    internal override void DropBinding()
    {
        if (--Bindings == 0)
        {
            Monitors.TellParentLeft();
            pipe.CloseEnd();
        }

        DropReference();
    }

    internal void Connect() => CreateKrings();

    internal void Disconnect() => DestroyKrings();

    /// <summary>Creates the rings and the peer's at their other side. Each direction has its buffers once, charged to TX.</summary>
    internal override int CreateRings(ReadOnlySpan<Kring> rx, ReadOnlySpan<Kring> tx)
    {
        foreach (Kring ring in rx)
        {
            if (!TryCreatePair(Peer.Tx[ring.Index], ring))
            {
                return Errno.NoMem;
            }
        }

        foreach (Kring ring in tx)
        {
            if (!TryCreatePair(ring, Peer.Rx[ring.Index]))
            {
                return Errno.NoMem;
            }
        }

        return Errno.Ok;
    }

    /// <summary>A direction goes when neither its sender nor its receiver is bound.</summary>
    internal override void DeleteUnusedRings(ReadOnlySpan<Kring> rx, ReadOnlySpan<Kring> tx)
    {
        foreach (Kring ring in rx)
        {
            DeletePairIfUnused(Peer.Tx[ring.Index], ring);
        }

        foreach (Kring ring in tx)
        {
            DeletePairIfUnused(ring, Peer.Rx[ring.Index]);
        }
    }

    protected override void OnEnded() => pipe.DropEnd();

    private bool TryCreatePair(Kring tx, Kring rx)
    {
        if (tx.Exists)
        {
            return true;
        }

        if (!tx.TryCreate(Region))
        {
            return false;
        }

        if (!rx.TryCreateMirror(Region, tx))
        {
            tx.Delete();
            return false;
        }

        return true;
    }

    private static void DeletePairIfUnused(Kring tx, Kring rx)
    {
        if (!tx.Exists || tx.Users > 0 || rx.Users > 0)
        {
            return;
        }

        tx.Stop();
        rx.Stop();
        IReadOnlyList<uint> buffers = PipeTransfer.BuffersOf(tx, rx);
        rx.Delete();
        tx.Delete(buffers);
    }
}

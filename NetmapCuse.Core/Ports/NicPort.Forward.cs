using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>From the host stack to the wire without the program's doing (reference/netmap-behaviour.md section 7.3).</summary>
internal sealed partial class NicPort
{
    internal override bool ForwardDown(Binding binding)
    {
        Kring host = binding.ForwardingRing!;
        bool all = _tunables.ForwardAll;
        if (!host.Exists || !host.IsForwarding(all) || !host.TryEnter())
        {
            return false;
        }

        bool moved = false;
        if (host.TryPeekHead(out uint head))
        {
            uint slot = host.Indexes.HwCur;
            while (slot != head)
            {
                bool isWanted = all || (host.FlagsOf(slot) & SlotFlags.Forward) != 0;
                uint count = host.FrameSlots(slot, head);
                if (isWanted)
                {
                    bool sent = TrySendDown(host, slot, count, binding.Tx);
                    host.Counters.NoRoom += sent ? 0u : 1u;
                    moved |= sent;
                }

                slot = RingWindow.Advance(slot, count, host.NumSlots);
            }

            Volatile.Write(ref host.Indexes.HwCur, head);
        }

        host.Exit();
        return moved;
    }

    /// <summary>The first NIC TX ring with room takes it.</summary>
    private bool TrySendDown(Kring host, uint slot, uint count, Kring[] rings)
    {
        for (int i = 0; i < Rings.Tx; i++)
        {
            Kring tx = rings[i];
            if (!tx.TryEnter())
            {
                continue;
            }

            bool sent = tx.Prologue() && host.TrySwapInto(slot, count, tx);
            tx.Exit();
            if (sent)
            {
                return true;
            }
        }

        return false;
    }
}

using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Files;

/// <summary>
/// A TX sync of a ring with indirect slots (reference/netmap-behaviour.md section 9.6): their data is brought to the
/// ring's stage first, while nothing is held. Runs in a thread that may hang, and never in one that serves others.
/// </summary>
internal static class IndirectSync
{
    /// <summary>How often a program may change its slots under our eyes before it has lost.</summary>
    private const int RoundsMax = 4;

    /// <summary>Syncs what the last prologue of the ring took.</summary>
    /// <param name="port">The port.</param>
    /// <param name="ring">The ring, not held.</param>
    /// <param name="grant">Whose memory the slots point into, and whether they are followed.</param>
    /// <param name="starts">What <see cref="Kring.Starts"/> was when the sync was asked for.</param>
    internal static RingSync.Outcome Tx(Port port, Kring ring, IndirectGrant grant, int starts)
    {
        IndirectStage stage = ring.MakeStage();
        if (!stage.TryTake())
        {
            return RingSync.Outcome.None;
        }

        try
        {
            RingSync.Outcome outcome = RingSync.Outcome.NeedsMemory;
            for (int round = 0; round < RoundsMax && (outcome & RingSync.Outcome.NeedsMemory) != 0; round++)
            {
                outcome = Once(port, ring, stage, grant, starts);
            }

            return (outcome & RingSync.Outcome.NeedsMemory) != 0 ? RingSync.Outcome.Error : outcome;
        }
        finally
        {
            stage.Return();
        }
    }

    private static RingSync.Outcome Once(Port port, Kring ring, IndirectStage stage, IndirectGrant grant, int starts)
    {
        if (!TryEnter(ring, starts))
        {
            return RingSync.Outcome.Stopped;
        }

        bool isListed = stage.TryList(ring);
        uint bufferSize = ring.BufferSize;
        ring.Exit();
        isListed = isListed && grant.Holds(port.Name);
        if (isListed)
        {
            stage.Read(grant.Memory, bufferSize);
        }

        if (!TryEnter(ring, starts))
        {
            return RingSync.Outcome.Stopped;
        }

        if (isListed)
        {
            stage.Open();
        }

        // Without room for the data, or a right to it, the slots are bad ones, and everything else is sent.
        RingSync.Outcome outcome = RingSync.TxTaken(port, ring, isListed);
        stage.Close();
        ring.Exit();
        return outcome;
    }

    /// <summary>Waits for whoever is at the ring: none of them hangs. False when it was stopped, or is others' by now.</summary>
    private static bool TryEnter(Kring ring, int starts)
    {
        SpinWait wait = default;
        while (!ring.TryEnter())
        {
            if (ring.IsStopped)
            {
                return false;
            }

            wait.SpinOnce();
        }

        if (ring.Starts == starts)
        {
            return true;
        }

        ring.Exit();
        return false;
    }
}

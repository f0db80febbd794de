using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Control;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Loops;

/// <summary>What a sync loop works on, checked. Owns its copies of the caller's eventfds.</summary>
internal sealed class SyncLoopSetup : IDisposable
{
    internal required Binding Binding { get; init; }

    /// <summary>The options of START, whose statuses are told before the loop begins.</summary>
    internal required OptionChain Options { get; init; }

    internal required NmreqCsb Csb { get; init; }

    internal required uint SleepMicroseconds { get; init; }

    /// <summary>Who waits in START; held by this.</summary>
    internal required ClientProcess Client { get; init; }

    /// <summary>Whether its NS_INDIRECT slots are followed.</summary>
    internal required IndirectGrant Indirect { get; init; }

    /// <summary>Event loop instead of timer loop.</summary>
    internal required bool TakesKicks { get; init; }

    /// <summary>ioeventfds, when all rings have one.</summary>
    internal List<ClientEventFd> Kicks { get; } = [];

    /// <summary>irqfds by ring, TX rings first; null where the program wants none, empty when it gave none at all.</summary>
    internal List<ClientEventFd?> InterruptOf { get; } = [];

    internal IEnumerable<ClientEventFd> Interrupts => InterruptOf.OfType<ClientEventFd>();

    /// <summary>TX rings and RX rings: entries in each CSB array.</summary>
    internal int Entries => Binding.Tx.Length + Binding.Rx.Length;

    internal LoopRing[] MakeRings(CsbMemory csb)
    {
        Kring[] krings = [.. Binding.Tx, .. Binding.Rx];
        LoopRing[] rings = new LoopRing[krings.Length];
        for (int i = 0; i < rings.Length; i++)
        {
            ClientEventFd? interrupt = i < InterruptOf.Count ? InterruptOf[i] : null;
            rings[i] = new LoopRing(Binding.Port, krings[i], csb, i, interrupt, Indirect, TakesKicks);
        }

        return rings;
    }

    public void Dispose()
    {
        Client.Dispose();
        Kicks.ForEach(static kick => kick.Dispose());
        foreach (ClientEventFd interrupt in Interrupts)
        {
            interrupt.Dispose();
        }
    }
}

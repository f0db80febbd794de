using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Intel;

/// <summary>
/// What the Intel gigabit chips share: reset, address filter, link, counters (317453 chapters 13 and 14; reference/nic-drivers.md
/// section 7). PHYs negotiate by themselves.
/// </summary>
internal abstract class IntelDriver : NicDriver
{
    /// <summary>Descriptors are of 16 bytes; rings begin on 128 bytes, and are multiples of that.</summary>
    protected const uint DescriptorBytes = 16;

    private const uint CountersEach = 4;
    private static readonly TimeSpan s_resetTime = TimeSpan.FromMilliseconds(10);

    /// <summary>The counters that tell of lost frames; they clear as they are read.</summary>
    private static readonly Register[] s_counters =
        [IntelRegisters.Mpc, IntelRegisters.Rnbc, IntelRegisters.Crcerrs, IntelRegisters.Roc];

    private readonly ulong[] _counted = new ulong[CountersEach];

    protected IntelDriver(NicDevice device, ControlMemory memory, NicLink link) : base(device, memory)
    {
        Registers = device.OpenBar(0);
        Link = link;
    }

    internal override ulong Mac =>
        Registers.Read(IntelRegisters.Ral) | ((ulong)(ushort)Registers.Read(IntelRegisters.Rah) << 32);

    protected RegisterSpace Registers { get; }

    protected NicLink Link { get; }

    protected NicSetup Setup { get; private set; } = null!;

    protected static TimeSpan Patience { get; } = TimeSpan.FromSeconds(1);

    /// <summary>317453 section 14.3: interrupts off, then the global reset, then interrupts off again, which it switched on.</summary>
    internal override void Reset()
    {
        MaskInterrupts();
        Registers.Clear(IntelRegisters.Rctl, IntelBits.RctlEnable);
        Registers.Clear(IntelRegisters.Tctl, IntelBits.TctlEnable);
        Registers.Set(IntelRegisters.Ctrl, IntelBits.CtrlReset);
        Thread.Sleep(s_resetTime);
        Registers.Wait(IntelRegisters.Ctrl, IntelBits.CtrlReset, 0, Patience);
        AwaitReset();
        MaskInterrupts();
    }

    internal override void Start(NicSetup setup)
    {
        Setup = setup;
        StartLink();
        Registers.Fill(IntelRegisters.Mta, 0, IntelRegisters.MtaCount);
        StartReceiving();
        StartSending();
        StartInterrupts();
    }

    internal override void Run()
    {
        Registers.Set(IntelRegisters.Rctl, IntelBits.RctlEnable);
        Registers.Set(IntelRegisters.Tctl, IntelBits.TctlEnable);
    }

    internal override void Stop()
    {
        MaskInterrupts();
        Registers.Clear(IntelRegisters.Rctl, IntelBits.RctlEnable);
        Registers.Clear(IntelRegisters.Tctl, IntelBits.TctlEnable);
        Thread.Sleep(s_resetTime);
    }

    internal override bool HasLink() => (Registers.Read(IntelRegisters.Status) & IntelBits.StatusLinkUp) != 0;

    internal override void SetReceiveMode(bool isPromiscuous, bool allMulticast)
    {
        // No table of groups is kept: all groups are received, as the host expects of its own.
        uint mode = isPromiscuous ? IntelBits.RctlUnicastPromiscuous : 0;
        Registers.Write(
            IntelRegisters.Rctl,
            (Registers.Read(IntelRegisters.Rctl) & ~IntelBits.RctlUnicastPromiscuous) | IntelBits.RctlMulticastPromiscuous | mode);
    }

    internal override void ReadCounters(Action<string, ulong> tell)
    {
        for (int i = 0; i < s_counters.Length; i++)
        {
            _counted[i] += Registers.Read(s_counters[i]);
            if (_counted[i] != 0)
            {
                tell(s_counters[i].Name, _counted[i]);
            }
        }
    }

    /// <summary>Masks all causes and forgets those that wait.</summary>
    protected virtual void MaskInterrupts()
    {
        Registers.Write(IntelRegisters.Imc, uint.MaxValue);
        _ = Registers.Read(IntelRegisters.Icr);
    }

    /// <summary>What else a reset waits for.</summary>
    protected virtual void AwaitReset()
    {
    }

    /// <summary>RCTL and what else receiving takes, but for the queues; RCTL.EN stays off.</summary>
    protected abstract void StartReceiving();

    /// <summary>TCTL and what else sending takes, but for the queues; TCTL.EN stays off.</summary>
    protected abstract void StartSending();

    protected abstract void StartInterrupts();

    /// <summary>317453 section 14.5: by autonegotiation, no flow control.</summary>
    private void StartLink()
    {
        uint ctrl = Registers.Read(IntelRegisters.Ctrl);
        ctrl &= ~(IntelBits.CtrlLinkReset | IntelBits.CtrlPhyReset | IntelBits.CtrlInvertLoss | IntelBits.CtrlFlowControl
            | IntelBits.CtrlForceSpeed | IntelBits.CtrlForceDuplex | IntelBits.CtrlVlanMode);
        Registers.Write(IntelRegisters.Ctrl, ctrl | IntelBits.CtrlSetLinkUp | IntelBits.CtrlAutoSpeed);
        Registers.Write(IntelRegisters.Fcal, 0);
        Registers.Write(IntelRegisters.Fcah, 0);
        Registers.Write(IntelRegisters.Fct, 0);
        Registers.Write(IntelRegisters.Fcttv, 0);
        StartNegotiation();
    }

    /// <summary>What the PHY has to be told.</summary>
    protected virtual void StartNegotiation()
    {
    }

    protected DmaBlock Descriptors(string direction, AdapterRing ring) => Memory.Take(
        direction + ring.Number.ToString(System.Globalization.CultureInfo.InvariantCulture), ring.NumSlots * DescriptorBytes);

    /// <summary>Frames go to queues by a hash of their addresses and ports; every queue gets as many values of it.</summary>
    /// <param name="mode">MRQC.</param>
    /// <param name="shift">Where the queue stands in an entry of RETA.</param>
    protected void SpreadFlows(uint mode, int shift)
    {
        if (Setup.RxQueues == 1)
        {
            Registers.Write(IntelRegisters.Mrqc, 0);
            return;
        }

        for (uint i = 0; i < IntelRegisters.RetaCount; i++)
        {
            uint entries = 0;
            for (uint k = 0; k < sizeof(uint); k++)
            {
                entries |= (((i * sizeof(uint)) + k) % Setup.RxQueues) << ((int)k * 8 + shift);
            }

            Registers.Write(IntelRegisters.Reta, entries, i);
        }

        for (uint i = 0; i < RssKey.Words.Length; i++)
        {
            Registers.Write(IntelRegisters.Rssrk, RssKey.Words[(int)i], i);
        }

        Registers.Set(IntelRegisters.Rxcsum, IntelBits.RxcsumHash);
        Registers.Write(IntelRegisters.Mrqc, mode);
    }
}

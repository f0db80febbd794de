using System.Globalization;
using System.Runtime.CompilerServices;
using FluentAssertions;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>
/// Which registers Linux's driver of a chip writes and ours does not, each with a reason. The lists beside this file are what the models
/// recorded of Linux 6.12 (scripts/lab --writes FOLDER models).
/// </summary>
public sealed class RegisterTests
{
    private static readonly (uint First, uint Last, string Reason)[] s_r8168 =
    [
        (0x00, 0x07, "the address stays as it is"),
        (0x1b, 0x1b, "power of the link, as the firmware left it"),
        (0x53, 0x56, "wake-up, clock requests, LEDs"),
        (0x64, 0x6b, "PCIe tuning by version"),
        (0x6f, 0x6f, "power of the PHY's clock"),
        (0x70, 0x77, "FIFO sizes by version"),
        (0x80, 0x83, "PCIe PHY tuning by version"),
        (0xb0, 0xb3, "tuning by version"),
        (0xd0, 0xd0, "power saving at 10 Mbit/s"),
        (0xd3, 0xd3, "leaving the firmware's own mode, which it is in after power loss only"),
        (0xf2, 0xf2, "power state D3"),
    ];

    private static readonly (uint First, uint Last, string Reason)[] s_nforce =
    [
        (0x00c, 0x00c, "the timer that polls: interrupts do"),
        (0x200, 0x200, "wake-up"),
        (0x26c, 0x26c, "power state"),
        (0x300, 0x300, "VLAN tags stay in frames, as after a reset"),
    ];

    private static readonly (uint First, uint Last, string Reason)[] s_ixgbe =
    [
        (0x00820, 0x0087f, "moderation of the vector of other causes, which are rare"),
        (0x00a90, 0x00aaf, "vectors from 32 on, and interrupts by software"),
        (0x00ad0, 0x00ad7, "messages do not mask themselves"),
        (0x01000, 0x01fff, "queues that are not used are off after the reset"),
        (0x03028, 0x03028, "no receive side coalescing"),
        (0x04208, 0x04218, "1 Gbit/s"),
        (0x0425c, 0x0425c, "there is no PHY"),
        (0x04330, 0x04330, "the MAC's loopback, off after the reset"),
        (0x04900, 0x0499f, "one traffic class"),
        (0x05008, 0x05008, "no header splitting"),
        (0x05090, 0x05090, "all groups are received"),
        (0x05120, 0x05190, "no filters by Ethernet type"),
        (0x05480, 0x05480, "no header splitting"),
        (0x05810, 0x05810, "no filters by ports"),
        (0x06000, 0x07fff, "direct cache access; queues that are not used are off after the reset"),
        (0x08800, 0x08cff, "no encryption, no time stamps"),
        (0x08e00, 0x08e3f, "no encryption"),
        (0x0a000, 0x0a1ff, "no VLAN filter"),
        (0x0a200, 0x0a5ff, "addresses that are not valid"),
        (0x0a600, 0x0a7ff, "no pools"),
        (0x0d000, 0x0dfff, "queues that are not used are off after the reset"),
        (0x0ec08, 0x0ee6f, "no filters by flow"),
        (0x0f000, 0x0f5ff, "no virtual functions"),
        (0x10010, 0x10160, "the address is in RAL already, the EEPROM is not read"),
        (0x11074, 0x11074, "a workaround for virtual functions"),
        (0x15f0c, 0x15f0c, "a workaround for virtual functions"),
    ];

    [Fact]
    public void Of_r8168() => Compare("r8168", s_r8168);

    [Fact]
    public void Of_nforce() => Compare("nforce", s_nforce);

    [Fact]
    public void Of_ixgbe() => Compare("ixgbe", s_ixgbe);

    private static void Compare(string chip, (uint First, uint Last, string Reason)[] reasons)
    {
        HashSet<uint> ours;
        using (ModelRig rig = new(chip, queues: 2))
        {
            using NetmapClient to = rig.Open(1);
            using NetmapClient from = rig.Open(0);
            from.Send(Frames.Make(2, 1));
            ModelRig.Await(() => to.Receive().Count == 1, "a frame comes");
            _ = rig.Nics[0].Status;
            rig.Wire.Cut(true);
            rig.AwaitLink(false);
            lock (rig.Chips[0].Guard)
            {
                ours = [.. rig.Chips[0].Writes.Writes.Select(write => Canonical(chip, (uint)write.Offset))];
            }
        }

        List<uint> linux = ReadList(chip);
        linux.Should().HaveCountGreaterThan(30);
        linux.Where(register => !ours.Contains(Canonical(chip, register)) && !HasReason(Canonical(chip, register), reasons))
            .Select(register => register.ToString("x", CultureInfo.InvariantCulture))
            .Should().BeEmpty("each register that Linux writes and we do not has a reason");
        reasons.Where(reason => !linux.Exists(register => register >= reason.First && register <= reason.Last))
            .Should().BeEmpty("there is no reason without a register");
    }

    private static bool HasReason(uint register, (uint First, uint Last, string Reason)[] reasons) =>
        Array.Exists(reasons, reason => register >= reason.First && register <= reason.Last);

    // Registers of the first queues of the 82599, and its first addresses, are at two places.
    private static uint Canonical(string chip, uint register) => chip != "ixgbe" ? register : register switch
    {
        >= 0x2100 and < 0x2140 => 0x1014 + (0x40 * ((register - 0x2100) / 4)),
        >= 0x2200 and < 0x2240 => 0x100c + (0x40 * ((register - 0x2200) / 4)),
        >= 0x5400 and < 0x5480 => register - 0x5400 + 0xa200,
        _ => register,
    };

    private static List<uint> ReadList(string chip, [CallerFilePath] string here = "") =>
    [
        .. File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "Linux", chip + ".txt"))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(text => uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
    ];
}

using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Control;

/// <summary>
/// The errno index of reference/netmap-behaviour.md section 26, row by row, every cause that it names: what both halves share.
/// <para>
/// Rows that no program can reach: EACCES of VALE_ATTACH and VALE_DETACH (a switch reserved by a kernel module: there are none).
/// ENXIO of a monitor whose parent leaves during its REGISTER (one lock is held over both). EINVAL of mmap (the kernel maps the
/// backing file without asking the daemon).
/// </para>
/// </summary>
public abstract class ErrnoRowTest(HostFixture device) : DeviceTest(device)
{
    private protected const string Nic = "nmrow0";
    private protected const string OnSwitch = "vale0:" + Nic;
    private protected const string Persistent = "nmrow-p0";

    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private protected static NmreqRegister Exclusive { get; } = new() { Flags = RegisterFlags.Exclusive };

    private protected static NmreqRegister Null { get; } = new() { Mode = RegisterMode.Null, MemoryId = 1 };

    private protected MemoryAdapters Interfaces => ((HostFixture)Device).Interfaces;

    private protected MemoryAdapter Add(Core.Ports.AdapterProperties? properties = null) => Interfaces.Add(Nic, properties);

    private protected void Set(string name, string value) => Device.Device.Parameters.SetAtStart(name, value).Should().Be(0);
}

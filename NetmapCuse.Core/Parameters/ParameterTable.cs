using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Control;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Naming;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Core.Parameters;

/// <summary>
/// The module parameters of one device file (reference/netmap-behaviour.md section 19). Those that have nothing to act on here
/// (<see cref="WithoutEffect"/>, generic_hwcsum) are kept so that scripts which set them go on working.
/// </summary>
public sealed class ParameterTable
{
    private readonly ControlPlane _plane;
    private readonly Dictionary<string, Parameter> _parameters;

    internal ParameterTable(ControlPlane plane, PortDirectory ports, Action<int> setVerbosity)
    {
        _plane = plane;
        _parameters = new[]
        {
            Syncs(ports), Adapters(ports), Switches(ports), GlobalRegion(ports.Regions), PrivateRegions(ports.Regions),
            [Stored("verbose", 0, value => setVerbosity((int)value))], WithoutEffect(),
        }.SelectMany(static group => group).ToDictionary(static parameter => parameter.Name, StringComparer.Ordinal);
    }

    /// <summary>The parameters as files, and "interfaces": how each Linux interface is taken over, one a line.</summary>
    public IReadOnlyList<TextFile> Files =>
        [.. _parameters.Values.Select(ToFile), new TextFile("interfaces", ShowInterfaces, null)];

    /// <summary>All names, for messages.</summary>
    public IEnumerable<string> Names => _parameters.Keys.Order(StringComparer.Ordinal);

    /// <summary>Sets a parameter before the device is served.</summary>
    /// <returns>0, ENOENT no such parameter, EACCES it only tells something, EINVAL no number in range.</returns>
    public int SetAtStart(string name, string value) =>
        _parameters.TryGetValue(name, out Parameter? parameter) ? Set(parameter, value, isStarting: true) : Errno.NoEnt;

    /// <summary>Sets a parameter while the device is served.</summary>
    /// <returns>As <see cref="SetAtStart"/>; EACCES also for those that can be set at start only.</returns>
    public int Set(string name, string value) =>
        _parameters.TryGetValue(name, out Parameter? parameter) ? Set(parameter, value, isStarting: false) : Errno.NoEnt;

    private int Set(Parameter parameter, string value, bool isStarting) =>
        _plane.Inspect(_ => parameter.Set(value, isStarting));

    private string ShowInterfaces() => _plane.Inspect(
        ports => string.Concat(ports.Ports.OfType<NicPort>().Select(static port => port.Description + "\n")));

    private string Show(Parameter parameter) =>
        _plane.Inspect(_ => parameter.Read()).ToString(CultureInfo.InvariantCulture) + "\n";

    private TextFile ToFile(Parameter parameter) => new(
        parameter.Name,
        () => Show(parameter),
        parameter.Write is null || parameter.IsForStartOnly ? null : text => Set(parameter, text, isStarting: false));

    private static Parameter[] Syncs(PortDirectory ports)
    {
        Tunables tunables = ports.Tunables;
        return
        [
            new()
            {
                Name = "no_timestamp",
                Read = () => tunables.NoTimestamp ? 1 : 0,
                Write = value => tunables.NoTimestamp = value != 0,
            },
            new()
            {
                Name = "no_pendintr",
                Read = () => tunables.NoPendingInterrupt ? 1 : 0,
                Write = value => tunables.NoPendingInterrupt = value != 0,
            },
            new()
            {
                Name = "fwd",
                Read = () => tunables.ForwardAll ? 1 : 0,
                Write = value => tunables.ForwardAll = value != 0,
            },
            new()
            {
                Name = "txsync_retry",
                Read = () => tunables.TxSyncRetry,
                Write = value => tunables.TxSyncRetry = (int)Math.Clamp(value, 0, 1000),
            },
        ];
    }

    /// <summary>For adapters that are made from now on. A bad admode counts as 0 from its next use on.</summary>
    private static Parameter[] Adapters(PortDirectory ports)
    {
        Tunables tunables = ports.Tunables;
        return
        [
            new()
            {
                Name = "admode",
                Read = () => (long)tunables.Adapters.Choice,
                Write = value => tunables.Adapters = tunables.Adapters with { Choice = (AdapterChoice)value },
            },
            new()
            {
                Name = "generic_ringsize",
                Least = 0,
                Read = () => tunables.Adapters.GenericSlots,
                Write = value => tunables.Adapters = tunables.Adapters with { GenericSlots = (uint)value },
            },
            new()
            {
                Name = "generic_mit",
                Least = 0,
                Read = () => tunables.Adapters.GenericNotifyNanoseconds,
                Write = value => tunables.Adapters = tunables.Adapters with { GenericNotifyNanoseconds = (uint)value },
            },

            // The manual's name for whether generic_mit holds at all: 0 wakes programs at once.
            new()
            {
                Name = "mitigate",
                Read = () => tunables.Adapters.Mitigates ? 1 : 0,
                Write = value => tunables.Adapters = tunables.Adapters with { Mitigates = value != 0 },
            },

            // Without effect on what is accepted: host frames that need a checksum always are, it is computed here.
            new()
            {
                Name = "generic_hwcsum",
                Read = () => tunables.Adapters.GenericChecksums ? 1 : 0,
                Write = value => tunables.Adapters = tunables.Adapters with { GenericChecksums = value != 0 },
            },
        ];
    }

    private static Parameter[] Switches(PortDirectory ports) =>
    [
        new()
        {
            Name = "bridge_batch",
            Read = () => ports.ValeParameters.BridgeBatch,
            Write = value => ports.ValeParameters.BridgeBatch = (int)value,
        },
        new()
        {
            Name = "vale_zerocopy",
            Least = 0,
            Most = 1,
            Read = () => ports.ValeParameters.ZeroCopy ? 1 : 0,
            Write = value => ports.ValeParameters.ZeroCopy = value != 0,
        },
        new()
        {
            Name = "max_bridges",
            Least = 1,
            Most = PortDirectory.SwitchesLimit,
            IsForStartOnly = true,
            Read = () => ports.Scopes.SwitchesMax,
            Write = value => ports.Scopes.SwitchesMax = (int)value,
        },
    ];

    /// <summary>Wishes, and what is: a wish comes true when the region is used next and nobody uses it.</summary>
    private static IEnumerable<Parameter> GlobalRegion(RegionTable regions) =>
    [
        .. Sizes(string.Empty, () => regions.GlobalSizes, sizes => regions.GlobalSizes = sizes),
        .. Real("if", regions, static layout => layout.If),
        .. Real("ring", regions, static layout => layout.Ring),
        .. Real("buf", regions, static layout => layout.Buffer),
    ];

    private static IEnumerable<Parameter> PrivateRegions(RegionTable regions) =>
        Sizes("priv_", () => regions.PrivateMinimum, sizes => regions.PrivateMinimum = sizes);

    private static IEnumerable<Parameter> Sizes(string prefix, Func<RegionSizes> get, Action<RegionSizes> set) =>
    [
        Unsigned(prefix + "if_num", () => get().If.Count, n => set(get() with { If = get().If with { Count = n } })),
        Unsigned(prefix + "if_size", () => get().If.ObjectSize, n => set(get() with { If = get().If with { ObjectSize = n } })),
        Unsigned(prefix + "ring_num", () => get().Ring.Count, n => set(get() with { Ring = get().Ring with { Count = n } })),
        Unsigned(
            prefix + "ring_size", () => get().Ring.ObjectSize, n => set(get() with { Ring = get().Ring with { ObjectSize = n } })),
        Unsigned(prefix + "buf_num", () => get().Buffer.Count, n => set(get() with { Buffer = get().Buffer with { Count = n } })),
        Unsigned(
            prefix + "buf_size",
            () => get().Buffer.ObjectSize,
            n => set(get() with { Buffer = get().Buffer with { ObjectSize = n } })),
    ];

    /// <summary>0 before the first use of the region.</summary>
    private static Parameter[] Real(string pool, RegionTable regions, Func<RegionLayout, PoolSize> look) =>
    [
        new() { Name = pool + "_curr_num", Read = () => regions.Global.WasUsed ? look(regions.Global.Layout).Count : 0 },
        new() { Name = pool + "_curr_size", Read = () => regions.Global.WasUsed ? look(regions.Global.Layout).ObjectSize : 0 },
    ];

    private static Parameter[] WithoutEffect() =>
    [
        // Only the module's debug builds look at it.
        Stored("debug", 0),

        // Of netmap(4), gone from the module: mmap before REGISTER works whatever mmap_unreg says, and nobody ever used flags.
        Stored("mmap_unreg", 0),
        Stored("flags", 0),

        // The module ignores them on Linux, too: queues are the interface's, and pipes are not counted beforehand.
        Stored("generic_rings", 1),
        Stored("default_pipes", 0),

        // Completions come from AF_XDP, no queueing discipline is needed to learn of them.
        Stored("generic_txqdisc", 1),

        // The paravirtual device and the test driver do not exist outside the kernel.
        Stored("ptnet_vnet_hdr", 1),
        Stored("sink_delay_ns", 100),
        Stored("sink_num", 1),
    ];

    private static Parameter Stored(string name, long value, Action<long>? changed = null) => new()
    {
        Name = name,
        Read = () => value,
        Write = wanted =>
        {
            value = wanted;
            changed?.Invoke(wanted);
        },
    };

    private static Parameter Unsigned(string name, Func<uint> get, Action<uint> set) => new()
    {
        Name = name,
        Least = 0,
        Read = () => get(),
        Write = value => set((uint)value),
    };
}

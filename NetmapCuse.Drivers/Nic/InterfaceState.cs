using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Nic;

/// <summary>How the host has configured an interface: read before it goes, put on the one that comes.</summary>
internal sealed record InterfaceState
{
    private const ushort Broadcast = 0x2;

    public required string Name { get; init; }

    /// <summary>First byte lowest.</summary>
    public required ulong Mac { get; init; }

    public required uint Mtu { get; init; }

    /// <summary>IFF_*.</summary>
    public required ushort Flags { get; init; }

    /// <summary>rtnetlink messages.</summary>
    public required IReadOnlyList<byte[]> Addresses { get; init; }

    /// <summary>rtnetlink messages.</summary>
    public required IReadOnlyList<byte[]> Routes { get; init; }

    /// <summary>Reads it.</summary>
    /// <exception cref="PosixException">There is no such interface.</exception>
    internal static InterfaceState Read(string name)
    {
        using InterfaceControl control = new();
        using RouteNetlink routes = new();
        int device = control.Index(name) ?? throw new PosixException($"finding {name}", Core.Abi.Linux.Errno.NxIo);
        _ = control.TryGetAddress(name, out ulong mac);
        return new InterfaceState
        {
            Name = name,
            Mac = mac,
            Mtu = control.Mtu(name),
            Flags = control.Flags(name),
            Addresses = routes.Addresses(device),
            Routes = routes.Routes(device),
        };
    }

    /// <summary>Why taking the interface away would cut somebody's network; null when nobody seems to use it.</summary>
    internal static string? Use(string name)
    {
        using InterfaceControl control = new();
        using RouteNetlink routes = new();
        if (control.Index(name) is not { } device)
        {
            return null;
        }

        const int ScopeAt = 16 + 3;
        const byte LinkScope = 253;
        return routes.Routes(device).Exists(RouteNetlink.IsDefaultRoute) ? "it has a default route"
            : routes.Addresses(device).Exists(static address => address[ScopeAt] < LinkScope) ? "it has an address"
            : routes.Master(device) is not null ? "it is part of a bridge or bond"
            : null;
    }

    /// <summary>Puts it on the interface of that name, as far as it can be: what fails is told.</summary>
    internal IEnumerable<string> Restore()
    {
        List<string> failures = [];
        using InterfaceControl control = new();
        using RouteNetlink routes = new();
        if (control.Index(Name) is not { } device)
        {
            return [$"there is no {Name}"];
        }

        Attempt("MTU", () => control.SetMtu(Name, Mtu));
        Attempt("flags", () => control.SetFlags(Name, (ushort)(Flags | Broadcast)));
        foreach (byte[] address in Addresses)
        {
            Check("an address", routes.RestoreAddress(address, device));
        }

        // A route may need another one to be there first.
        List<byte[]> left = [.. Routes];
        for (int i = 0; i <= Routes.Count && left.Count != 0; i++)
        {
            left.RemoveAll(route => routes.RestoreRoute(route, device) == 0);
        }

        if (left.Count != 0)
        {
            failures.Add($"{left.Count} routes");
        }

        return failures;

        void Attempt(string what, Action action)
        {
            try
            {
                action();
            }
            catch (PosixException failure)
            {
                failures.Add($"{what} ({failure.Message})");
            }
        }

        void Check(string what, int errno)
        {
            if (errno != 0)
            {
                failures.Add($"{what} (errno {errno})");
            }
        }
    }
}

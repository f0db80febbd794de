using System.Collections.Concurrent;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Interop;
using Serilog;

namespace NetmapCuse.Drivers.Tap;

/// <summary>Persistent VALE ports as TAPs, each in the network namespace of the process that asked for it.</summary>
internal sealed class TapInterfaces(ILogger log) : IPersistentInterfaces, IDisposable
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Task> _ending = new(StringComparer.Ordinal);
    private TapDrain? _drain;

    public int TryCreate(string name, CallerPlace place, out IPersistentInterface? made)
    {
        made = null;
        TunDevice? device = null;
        InterfaceControl? control = null;
        string key = place.KeyOf(name);
        if (_ending.TryGetValue(key, out Task? ending))
        {
            ending.Wait();
        }

        try
        {
            using NetworkNamespace entered = place.IsOwn ? NetworkNamespace.Own : NetworkNamespace.Open(place.Path);
            (device, control) = entered.Run(() => Make(name));
            made = new TapInterface(this, name, key, device, control, Drain());
            return Errno.Ok;
        }
        catch (PosixException failure)
        {
            device?.Dispose();
            control?.Dispose();
            log.Warning("No interface for port {Name}: {Reason}{Remedy}", name, failure.Message, Remedy(failure.Errno));
            return failure.Errno switch
            {
                Errno.Busy or Errno.Exist => Errno.Exist,
                Errno.Inval => Errno.Inval,
                Errno.Perm or Errno.Acces => Errno.Perm,
                Errno.NoEnt or Errno.NoDev or Errno.NxIo => Errno.OpNotSupp,
                _ => Errno.NoMem,
            };
        }
    }

    public bool IsEnding(string name, CallerPlace place) => _ending.ContainsKey(place.KeyOf(name));

    public void Dispose()
    {
        Task.WaitAll([.. _ending.Values]);
        _drain?.Dispose();
    }

    /// <summary>The kernel waits for all its readers before it lets an interface go, so nobody waits here.</summary>
    private void EndLater(TapInterface tap)
    {
        // The task removes what is entered here, so it may not finish before.
        lock (_lock)
        {
            _ending[tap.Key] = Task.Run(() =>
            {
                tap.Dispose();
                lock (_lock)
                {
                    _ = _ending.TryRemove(tap.Key, out _);
                }
            });
        }
    }

    private static (TunDevice Device, InterfaceControl Control) Make(string name)
    {
        InterfaceControl control = new();
        try
        {
            return (TunDevice.Create(name), control);
        }
        catch
        {
            control.Dispose();
            throw;
        }
    }

    private TapDrain Drain()
    {
        lock (_lock)
        {
            return _drain ??= new TapDrain();
        }
    }

    private static string Remedy(int errno) => errno switch
    {
        Errno.NoEnt or Errno.NoDev or Errno.NxIo =>
            "; load the tun module (modprobe tun; containers: --device /dev/net/tun)",
        Errno.Perm or Errno.Acces => "; CAP_NET_ADMIN is needed (containers: --cap-add NET_ADMIN)",
        _ => string.Empty,
    };

    /// <summary>One TAP; the interface is gone when Dispose returns.</summary>
    private sealed class TapInterface(
        TapInterfaces owner, string name, string key, TunDevice device, InterfaceControl control, TapDrain drain)
        : IPersistentInterface
    {
        private const uint UsualMtu = 1500;

        private readonly ulong _place = drain.Add(device);

        /// <summary>Namespace and name.</summary>
        internal string Key => key;

        public string? NameNow => device.NameNow;

        public uint Mtu
        {
            get
            {
                try
                {
                    return control.Mtu(device.NameNow ?? name);
                }
                catch (PosixException)
                {
                    return UsualMtu;
                }
            }
        }

        public void EndLater() => owner.EndLater(this);

        public void Dispose()
        {
            drain.Remove(_place);
            device.Dispose();
            control.Dispose();
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Interop;
using Serilog;

namespace NetmapCuse.Drivers.Tap;

/// <summary>Persistent VALE ports as TAPs of the daemon's network namespace.</summary>
internal sealed class TapInterfaces(ILogger log) : IPersistentInterfaces, IDisposable
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Task> _ending = new(StringComparer.Ordinal);
    private TapDrain? _drain;

    public int TryCreate(string name, out IPersistentInterface? made)
    {
        made = null;
        TunDevice? device = null;
        if (_ending.TryGetValue(name, out Task? ending))
        {
            ending.Wait();
        }

        try
        {
            device = TunDevice.Create(name);
            made = new TapInterface(this, name, device, Drain());
            return Errno.Ok;
        }
        catch (PosixException failure)
        {
            device?.Dispose();
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

    public bool IsEnding(string name) => _ending.ContainsKey(name);

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
            _ending[tap.Name] = Task.Run(() =>
            {
                tap.Dispose();
                lock (_lock)
                {
                    _ = _ending.TryRemove(tap.Name, out _);
                }
            });
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
    private sealed class TapInterface(TapInterfaces owner, string name, TunDevice device, TapDrain drain)
        : IPersistentInterface
    {
        private const uint UsualMtu = 1500;

        private readonly ulong _key = drain.Add(device);

        internal string Name => name;

        public uint Mtu
        {
            get
            {
                try
                {
                    string text = File.ReadAllText($"/sys/class/net/{name}/mtu");
                    return uint.Parse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
                }
                catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException)
                {
                    return UsualMtu;
                }
            }
        }

        public void EndLater() => owner.EndLater(this);

        public void Dispose()
        {
            drain.Remove(_key);
            device.Dispose();
        }
    }
}

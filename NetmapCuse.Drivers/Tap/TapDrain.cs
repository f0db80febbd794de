using System.Collections.Concurrent;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Tap;

/// <summary>
/// Swallows what the host sends on TAPs that nobody listens to, so that nothing piles up there: one thread for all of them, which
/// takes a breath after every round, so that a flood costs the host its frames and the daemon next to nothing.
/// </summary>
internal sealed class TapDrain : IDisposable
{
    private const ulong EndKey = 0;
    private const int FramesPerRound = 64;
    private const int FrameMax = 65536;
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(1);

    private readonly Epoll _epoll = new();
    private readonly EventFd _end = new();
    private readonly ConcurrentDictionary<ulong, TunDevice> _devices = [];

    /// <summary>Held while a device is read: one that is closed then would stay for a moment, and so would its interface.</summary>
    private readonly Lock _reading = new();
    private readonly Thread _thread;
    private ulong _lastKey = EndKey;

    internal TapDrain()
    {
        _epoll.Add(_end.Number, EndKey);
        _thread = new Thread(Run) { Name = "netmap taps", IsBackground = true };
        _thread.Start();
    }

    /// <returns>What <see cref="Remove"/> takes.</returns>
    internal ulong Add(TunDevice device)
    {
        ulong key = Interlocked.Increment(ref _lastKey);
        _devices[key] = device;
        _epoll.Add(device.Number, key);
        return key;
    }

    /// <summary>Afterwards nobody reads the device: it can be disposed of, and is gone then.</summary>
    internal void Remove(ulong key)
    {
        lock (_reading)
        {
            if (_devices.TryRemove(key, out TunDevice? device))
            {
                _epoll.Remove(device.Number);
            }
        }
    }

    public void Dispose()
    {
        _end.Signal();
        _thread.Join();
        _end.Dispose();
        _epoll.Dispose();
    }

    private void Run()
    {
        try
        {
            Drain();
        }
        catch (Exception escape)
        {
            Environment.FailFast("The TAP thread failed.", escape);
        }
    }

    private void Drain()
    {
        byte[] scrap = new byte[FrameMax];
        ulong[] keys = new ulong[16];
        while (true)
        {
            int count = _epoll.Wait(keys);
            foreach (ulong key in keys.AsSpan(0, count))
            {
                if (key == EndKey)
                {
                    return;
                }

                lock (_reading)
                {
                    Swallow(key, scrap);
                }
            }

            Thread.Sleep(s_breath);
        }
    }

    private void Swallow(ulong key, byte[] scrap)
    {
        if (!_devices.TryGetValue(key, out TunDevice? device))
        {
            return;
        }

        int result = 0;
        for (int i = 0; i < FramesPerRound && result >= 0; i++)
        {
            result = device.Read(scrap);
        }

        // The interface was removed under us: there will never be a frame again, only readiness to say so.
        if (result < 0 && result is not (-Errno.Again or -Errno.Intr))
        {
            Remove(key);
        }
    }
}

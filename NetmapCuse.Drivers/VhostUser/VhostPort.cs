using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;
using NetmapCuse.Drivers.Interop;
using Serilog;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>
/// A guest's port at its socket: one thread, which answers the front-end and forwards what the guest sends. It never waits for the
/// control plane, as the guest's main thread waits for its answers. While there is traffic it watches the rings, as polls do; then it
/// sleeps until a kick or a message comes.
/// </summary>
internal sealed class VhostPort : IKickWatch, IDisposable
{
    private const ulong EndKey = 0;
    private const ulong ListenerKey = 1;
    private const ulong ConnectionKey = 2;
    private const ulong KickKey = 16;
    private const int EventsMax = 32;
    private const int RetryMilliseconds = 200;
    private const int LookMilliseconds = 1;

    /// <summary>Rounds of forwarding between two looks at the socket.</summary>
    private const int RoundsMax = 16;

    private readonly VhostOptions _options;
    private readonly GuestPort _port;
    private readonly ILogger _log;
    private readonly Epoll _epoll = new();
    private readonly EventFd _end = new();
    private readonly VhostListener? _listener;
    private readonly Thread _thread;
    private readonly WatchTime _watch;
    private readonly Func<bool> _forwardRound;
    private VhostConnection? _connection;
    private volatile bool _isEnding;

    /// <summary>Listens, where the front-end is to connect, so that it finds the socket as soon as this returns.</summary>
    /// <exception cref="PosixException">There can be no socket at the path.</exception>
    internal VhostPort(VhostOptions options, GuestPort port, ILogger log)
    {
        _options = options;
        _port = port;
        _log = log;
        _watch = new WatchTime(options.WatchMicroseconds);
        _forwardRound = ForwardRound;
        _epoll.Add(_end.Number, EndKey);
        _listener = options.IsClient ? null : new VhostListener(options);
        ListenOn();
        _thread = new Thread(Run) { IsBackground = true, Name = $"vhost {port.Name}" };
        _thread.Start();
    }

    internal GuestPort Port => _port;

    /// <summary>As it was made.</summary>
    internal VhostOptions Options => _options;

    void IKickWatch.Add(int ring, Fd kick) => _epoll.Add(kick.Number, KickKey + (ulong)ring, onChange: true);

    void IKickWatch.Remove(Fd kick) => _epoll.Remove(kick.Number);

    /// <summary>Closes the socket and the rings. The port stays on its switch.</summary>
    public void Dispose()
    {
        _isEnding = true;
        _end.Signal();
        _thread.Join();
        _listener?.Dispose();
        _epoll.Dispose();
        _end.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!_isEnding)
            {
                if (_options.IsClient && _connection is null)
                {
                    Connect();
                }

                if (ForwardAll())
                {
                    HandleEvents(0);
                }
                else
                {
                    Sleep();
                }
            }
        }
        catch (Exception failure) when (failure is PosixException or InvalidOperationException)
        {
            _log.Error(failure, "Port {Name}: its thread ends", _port.Name);
        }

        Disconnect();
    }

    /// <summary>Forwards as long as there is something, for some rounds. False when there was nothing for the time of a watch.</summary>
    private bool ForwardAll()
    {
        for (int round = 0; round < RoundsMax; round++)
        {
            if (!ForwardRound())
            {
                return round != 0 || _watch.Look(_forwardRound);
            }
        }

        return true;
    }

    private bool ForwardRound()
    {
        bool any = false;
        for (int pair = 0; pair < _port.Pairs; pair++)
        {
            any |= _port.Serve(pair);
        }

        return any;
    }

    /// <summary>Asks for kicks, looks once more, and waits.</summary>
    private void Sleep()
    {
        bool isEarly = false;
        foreach (GuestTransmit ring in _port.Transmitters)
        {
            isEarly |= ring.Queue?.Arm() == true;
        }

        _connection?.Session.CloseBroken();
        int most = _connection is null ? (_options.IsClient ? RetryMilliseconds : Epoll.Forever)
            : _connection.Session.MustLook ? LookMilliseconds : Epoll.Forever;
        HandleEvents(isEarly ? 0 : most);
        foreach (GuestTransmit ring in _port.Transmitters)
        {
            ring.Queue?.Disarm();
        }
    }

    private void HandleEvents(int timeout)
    {
        Span<ulong> keys = stackalloc ulong[EventsMax];
        int count = _epoll.Wait(keys, timeout);
        foreach (ulong key in keys[..count])
        {
            // Kicks only end the sleep: what they announce is looked for anyway.
            if (key == ListenerKey && _connection is null)
            {
                Use(_listener!.TryAccept());
            }
            else if (key == ConnectionKey && !ServeConnection())
            {
                Disconnect();
            }
        }
    }

    /// <summary>Whatever a front-end brings about ends its own connection, and nothing else.</summary>
    private bool ServeConnection()
    {
        try
        {
            return _connection?.Serve() != false;
        }
        catch (Exception mistake) when (mistake is not OutOfMemoryException)
        {
            _log.Error(mistake, "Port {Name}: a message of its front-end", _port.Name);
            return false;
        }
    }

    private void Connect() => Use(DescriptorSocket.TryConnect(_options.Path, out _));

    private void Use(DescriptorSocket? socket)
    {
        if (socket is null)
        {
            return;
        }

        if (_listener is not null)
        {
            _epoll.Remove(_listener.Number);
        }

        _connection = new VhostConnection(socket, new VhostSession(_port, this, _log));
        _epoll.Add(socket.Number, ConnectionKey);
        _log.Information("Port {Name}: connected over {Path}", _port.Name, _options.Path);
    }

    private void Disconnect()
    {
        if (_connection is not { } former)
        {
            return;
        }

        _connection = null;
        _epoll.Remove(former.Number);
        former.Dispose();
        _log.Information("Port {Name}: disconnected", _port.Name);
        ListenOn();
    }

    /// <summary>One front-end at a time: the next one waits in the listener's queue.</summary>
    private void ListenOn()
    {
        if (_listener is not null)
        {
            _epoll.Add(_listener.Number, ListenerKey);
        }
    }
}

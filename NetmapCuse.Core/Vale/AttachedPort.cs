using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// An interface as a station of a switch (VALE_ATTACH), whatever its driver: what its RX rings receive is forwarded in the
/// thread of the driver, what is switched to it is put in its TX rings and sent within the sender's sync. Its host rings, where
/// they are attached, too, are a second such station. A persistent port that is on one switch already is on the second by such
/// a station, which joins both: what the first switch has for the port is forwarded on the second, and the other way round.
/// No program can bind it.
/// </summary>
internal sealed class AttachedPort : ValePort
{
    private readonly Port _port;
    private readonly Tunables _tunables;
    private readonly bool _isHost;
    private RingPump[] _sources = [];
    private RingPump[] _sinks = [];
    private volatile bool _isClosing;

    /// <param name="name">On the switch: "vale0:eth0", "vale0:eth0^".</param>
    /// <param name="port">The interface, or the persistent port, all rings created.</param>
    /// <param name="isHost">The station is the interface's host stack.</param>
    /// <param name="parameters">bridge_batch.</param>
    /// <param name="tunables">txsync_retry.</param>
    internal AttachedPort(string name, Port port, bool isHost, ValeParameters parameters, Tunables tunables)
        : base(name, port.Rings, port.Region, parameters, static _ => { })
    {
        _port = port;
        _isHost = isHost;
        _tunables = tunables;
        HostTxRings = port.HostTxRings;
        HostRxRings = port.HostRxRings;
        IsOwnedBySwitch = true;
    }

    /// <summary>The port whose rings the station has.</summary>
    internal Port Inner => _port;

    /// <summary>The station is the host stack behind the interface.</summary>
    internal bool IsHost => _isHost;

    /// <summary>The station of the host stack that was attached together with this one.</summary>
    internal AttachedPort? HostSide { get; init; }

    /// <summary>Traffic flows from here on. The port is on its switch.</summary>
    internal void OpenRings()
    {
        // Seen from the switch the interface sends what its RX rings receive and receives what its TX rings send.
        UseKrings(tx: [.. _port.Rx.Where(IsOurs)], rx: [.. _port.Tx.Where(IsOurs)]);
        CreateForwarders();
        _sources = [.. Tx.Select(ring => new RingPump(ring, ServeSource, _tunables))];
        _sinks = [.. Rx.Select(ring => new RingPump(ring, ServeSink, _tunables))];
        foreach (RingPump sink in _sinks)
        {
            EmptySink(sink.Ring);
            sink.Ring.Consumer = sink;
            sink.Ring.AddSleeper(sink);
            sink.Ring.OpenGate();
        }

        foreach (RingPump source in _sources)
        {
            source.Ring.AddSleeper(source);
            source.CatchUp();
        }
    }

    /// <summary>Traffic has stopped when this returns; no thread uses the rings any more.</summary>
    internal void CloseRings()
    {
        _isClosing = true;
        foreach (RingPump sink in _sinks)
        {
            sink.Ring.CloseGate();
            sink.Ring.RemoveSleeper(sink);
            sink.End();
            sink.Ring.Consumer = null;
        }

        foreach (RingPump source in _sources)
        {
            source.Ring.CloseGate();
            source.Ring.RemoveSleeper(source);
            source.End();
        }

        DisposeForwarders();
    }

    private bool IsOurs(Kring ring) => ring.IsHost == _isHost;

    /// <summary>A fresh TX ring has all slots with the program: for the switch that is an empty ring.</summary>
    private static void EmptySink(Kring ring)
    {
        ring.Indexes.HwCur = 0;
        ring.Indexes.RHead = 0;
        ring.Indexes.HwTail = 0;
    }

    /// <summary>Receives, forwards, releases. True when there may be more.</summary>
    private bool ServeSource(Kring ring)
    {
        if (!_port.Receive(ring))
        {
            return false;
        }

        uint tail = Volatile.Read(ref ring.Indexes.HwTail);
        bool any = tail != ring.Indexes.HwCur;
        if (any)
        {
            Forward(ring, ring.Index - Tx[0].Index, tail);
            ring.Indexes.RHead = tail;
            ring.Indexes.RCur = tail;
            ring.Indexes.RTail = tail;
            _port.Receive(ring);
            any = tail != Volatile.Read(ref ring.Indexes.HwTail);
        }

        return any && !_isClosing;
    }

    private bool ServeSink(Kring ring)
    {
        _port.SendSwitched(ring);
        return false;
    }
}

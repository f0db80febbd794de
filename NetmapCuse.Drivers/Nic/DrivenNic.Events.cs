using NetmapCuse.Core.Ports;

namespace NetmapCuse.Drivers.Nic;

/// <summary>What comes from the NIC's thread.</summary>
internal sealed partial class DrivenNic
{
    /// <summary>A vector has interrupted.</summary>
    internal void Interrupted(uint vector)
    {
        NicCauses causes = _driver.TakeCauses(vector);
        _interrupts.Unmask();
        if ((causes & NicCauses.Queues) != 0)
        {
            for (uint i = 0; i < Math.Max(_receive.Length, _transmit.Length); i++)
            {
                if (_setup.VectorOf(i) == vector)
                {
                    Announce(i);
                }
            }
        }

        if ((causes & NicCauses.Restart) != 0)
        {
            _log.Warning("{Name} asks to be set up anew", Name);
            lock (_gate)
            {
                _ = Try("restart", () => Restart(_setup.BufferSize));
            }
        }

        if ((causes & NicCauses.Link) != 0)
        {
            LookAtLink();
        }
    }

    /// <summary>Reads the state of the link.</summary>
    internal void LookAtLink()
    {
        bool isUp;
        IAdapterEvents? events;
        lock (_gate)
        {
            isUp = !_isLost && _device.Config.IsMaster && _driver.HasLink();
            if (isUp == _link.IsUp)
            {
                return;
            }

            _link.IsUp = isUp;
            events = _events;
        }

        _tap?.SetCarrier(isUp);
        if (events is null)
        {
            _log.Information("Link of {Name} is {State}", Name, isUp ? "up" : "down");
        }

        events?.LinkChanged(isUp);
        for (uint i = 0; isUp && i < _transmit.Length; i++)
        {
            Announce(i);
        }
    }

    /// <summary>The host's side has changed: flags and MTU are the NIC's, too.</summary>
    internal void UseFlags()
    {
        if (_tap is null)
        {
            return;
        }

        (uint flags, uint mtu) = _tap.Look();
        lock (_gate)
        {
            if (_isLost)
            {
                return;
            }

            _ = Try("choose what is received by", () => _driver.SetReceiveMode(
                (flags & TapFlags.Promiscuous) != 0, (flags & TapFlags.AllMulticast) != 0));
            if (mtu != _mtu && mtu != 0)
            {
                _mtu = mtu;
                _log.Information("{Name} has an MTU of {Mtu} now", Name, mtu);
                _ = Try("restart", () => Restart(_setup.BufferSize));
            }
        }
    }

    /// <summary>The host has sent something on the TAP.</summary>
    internal void HostSends(uint queue)
    {
        if (_programSenders > 0)
        {
            _tap!.Arrived(queue);
            _events?.HostFrames(queue);
        }
        else
        {
            _service?.Send();
        }
    }

    /// <summary>The bus told of an error: everything is set up anew.</summary>
    internal void Failed()
    {
        _log.Warning("{Name}: the bus told of an error of the NIC; it is set up anew", Name);
        lock (_gate)
        {
            _ = _isLost ? 0 : Try("restart", () => Restart(_setup.BufferSize));
        }
    }

    /// <summary>The kernel wants the device back, for somebody who unbinds or unplugs it.</summary>
    internal void Requested()
    {
        if (!_isLost)
        {
            _log.Information("{Name} ({Address}) is wanted back", Name, Address);
            _ = Task.Run(() => Wanted(this));
        }
    }

    /// <summary>News of a queue go to whoever has it.</summary>
    private void Announce(uint number)
    {
        if (number < _receive.Length && _receive[number] is { } receive && _service?.Receive(number) != true)
        {
            receive.Ring.Notify();
        }

        if (number < _transmit.Length && _transmit[number] is { } transmit && _service?.Sent(number) != true)
        {
            transmit.Ring.Notify();
        }
    }
}

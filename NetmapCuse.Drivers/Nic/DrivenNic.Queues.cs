using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Vfio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>Queues that come and go, and the chip's start and restart. The caller holds the gate.</summary>
internal sealed partial class DrivenNic
{
    /// <summary>The descriptors of the host's queues are made by the driver as those of programs are.</summary>
    internal NicReceiveQueue MakeReceive(AdapterRing ring) => _driver.MakeReceive(ring, DmaPlan.Host);

    internal NicTransmitQueue MakeTransmit(AdapterRing ring) => _driver.MakeTransmit(ring, DmaPlan.Host);

    internal uint TxSlots => RxSlots;

    internal bool HasQueue(RingDirection direction, uint number) =>
        direction == RingDirection.Rx ? _receive[number] is not null : _transmit[number] is not null;

    internal void MapHost(Region region) => _device.Dma.Map(region, DmaPlan.Host);

    /// <summary>A queue becomes the chip's.</summary>
    internal void Put(NicQueue queue)
    {
        if (queue is NicReceiveQueue receive)
        {
            _receive[queue.Number] = receive;
        }
        else
        {
            _transmit[queue.Number] = (NicTransmitQueue)queue;
        }

        if (!_driver.Limits.SwitchesQueues)
        {
            if (_isRunning)
            {
                Restart(_setup.BufferSize);
            }
        }
        else if (queue is NicReceiveQueue received)
        {
            _driver.StartReceive(received);
        }
        else
        {
            _driver.StartTransmit((NicTransmitQueue)queue);
        }
    }

    /// <summary>The chip does not touch the buffers of the queue any more.</summary>
    internal void Take(NicQueue queue)
    {
        bool isReceive = queue is NicReceiveQueue;
        if (isReceive)
        {
            _receive[queue.Number] = null;
        }
        else
        {
            _transmit[queue.Number] = null;
        }

        try
        {
            if (!_driver.Limits.SwitchesQueues)
            {
                Restart(_setup.BufferSize);
            }
            else if (isReceive)
            {
                _driver.StopReceive((NicReceiveQueue)queue);
            }
            else
            {
                _driver.StopTransmit((NicTransmitQueue)queue);
            }
        }
        catch (PosixException failure)
        {
            // A chip that does not stop a queue has no right to memory that others get.
            _log.Error("{Name} does not stop a queue, and is cut off: {Reason}", Name, failure.Message);
            _device.Config.IsMaster = false;
            _link.IsUp = false;
        }
    }

    /// <summary>What a driver's step is done with to a chip that is to stop in any case.</summary>
    private void Quiesce()
    {
        try
        {
            _driver.Stop();
        }
        catch (PosixException failure)
        {
            _log.Warning("{Name}: {Reason}", Name, failure.Message);
        }

        _device.Config.IsMaster = false;
    }

    private void Begin()
    {
        _driver.Start(_setup);
        _service?.Begin();
        if (_driver.Limits.SwitchesQueues)
        {
            _driver.Run();
        }
        else
        {
            Restart(_setup.BufferSize);
        }

        _isRunning = true;
        _thread.Start();
        LookAtLink();
        UseFlags();
    }

    /// <summary>Sets the chip up anew under running queues, which notice a pause: what was to be sent counts as sent.</summary>
    private void Restart(uint bufferSize)
    {
        NicQueue[] queues = [.. _receive.OfType<NicQueue>(), .. _transmit.OfType<NicQueue>()];
        NicQueue[] held = [.. queues.Where(static queue => queue.Ring.Hold())];
        try
        {
            _driver.Stop();
            _driver.Reset();
            _setup = MakeSetup(bufferSize);
            Array.ForEach(queues, static queue => queue.Rewind());
            _driver.Start(_setup);
            foreach (NicQueue queue in queues)
            {
                if (queue is NicReceiveQueue receive)
                {
                    _driver.StartReceive(receive);
                }
                else
                {
                    _driver.StartTransmit((NicTransmitQueue)queue);
                }
            }

            _driver.Run();
        }
        finally
        {
            Array.ForEach(held, static queue => queue.Ring.LetGo());
        }

        Array.ForEach(held, static queue => queue.Ring.Notify());
        UseFlags();
        _thread.Signal();
    }

    private NicSetup MakeSetup(uint bufferSize) => new()
    {
        TxQueues = (uint)_transmit.Length,
        RxQueues = (uint)_receive.Length,
        FrameBytes = Math.Min(_mtu + HeaderBytes, _driver.Limits.FrameMax),
        BufferSize = bufferSize,
        Interrupts = _interrupts.Kind,
        Vectors = _interrupts.Vectors,
    };
}

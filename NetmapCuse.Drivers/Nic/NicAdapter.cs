using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Drivers.Nic;

/// <summary>A port's way to a NIC that the daemon drives, as long as there is the port; the NIC itself stays.</summary>
internal sealed class NicAdapter(DrivenNic nic) : IAdapter
{
    private bool _isOpen;

    public AdapterProperties Properties => nic.Properties;

    public string Status => nic.Status;

    public IHostStack? Host => nic.Host;

    public int Open(Region region, IAdapterEvents events)
    {
        int error = nic.Open(region, events);
        _isOpen = error == 0;
        return error;
    }

    public int OpenTransmit(AdapterRing ring, out ITransmitQueue? queue) => nic.OpenTransmit(ring, out queue);

    public int OpenReceive(AdapterRing ring, SlotBatch slots, out IReceiveQueue? queue) => nic.OpenReceive(ring, slots, out queue);

    public void Close()
    {
        if (_isOpen)
        {
            _isOpen = false;
            nic.Close();
        }
    }

    public void Dispose() => Close();
}

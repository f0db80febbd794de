using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Vale.Guests;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>Guests and programs on the switches of a device without a mount.</summary>
public abstract class GuestTest : IDisposable
{
    private readonly DirectDevice _device = new();
    private readonly List<IDisposable> _ends = [];

    private protected GuestPort MakePort(string name, int pairs = 1)
    {
        _device.Device.Plane.AddGuest($"vale0:{name}", pairs, out GuestPort? port);
        _ends.Add(new Ending(() => _device.Device.Plane.RemoveGuest(port!)));
        return port!;
    }

    private protected TestGuest MakeGuest(string name, VirtioFeatures features, int pairs = 1)
    {
        TestGuest guest = new TestGuest(MakePort(name, pairs), features).Start();
        _ends.Add(guest);
        return guest;
    }

    private protected NetmapClient OpenProgram(string name)
    {
        NetmapClient program = _device.Open().Register($"vale0:{name}");
        _ends.Add(program);
        return program;
    }

    private protected NetmapClient Open()
    {
        NetmapClient client = _device.Open();
        _ends.Add(client);
        return client;
    }

    public void Dispose()
    {
        foreach (IDisposable one in Enumerable.Reverse(_ends))
        {
            one.Dispose();
        }

        DeviceBooks.AssertIdle(_device.Device);
        _device.Dispose();
        GC.SuppressFinalize(this);
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

namespace NetmapCuse.Tests.Device;

/// <summary>A test on a mounted device. After each, every object of the device has to be free again.</summary>
public abstract class DeviceTest : IDisposable
{
    private readonly List<IDisposable> _open = [];

    protected DeviceTest(DeviceFixture device)
    {
        ArgumentNullException.ThrowIfNull(device);
        Device = device;
        device.Require();
    }

    protected DeviceFixture Device { get; }

    public virtual void Dispose()
    {
        foreach (IDisposable one in Enumerable.Reverse(_open))
        {
            one.Dispose();
        }

        DeviceBooks.AssertIdle(Device.Device);
        GC.SuppressFinalize(this);
    }

    /// <summary>An open device file that is closed at the end of the test, unless it is closed before.</summary>
    private protected NetmapClient Open()
    {
        NetmapClient client = Device.Open();
        _open.Add(client);
        return client;
    }
}

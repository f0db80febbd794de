using NetmapCuse.Core;
using NetmapCuse.Core.Transport;
using NetmapCuse.Tests.Transport;

namespace NetmapCuse.Tests.Device;

/// <summary>The device without mount and kernel: the calls go to the object, from the thread of the test.</summary>
internal sealed unsafe class DirectFile : IDeviceFile
{
    private readonly NetmapDevice _device;
    private readonly byte* _memory;
    private readonly ulong _handle;
    private readonly uint _userId;
    private bool _isOpen = true;

    internal DirectFile(NetmapDevice device, byte* memory, uint userId = 0)
    {
        _userId = userId;
        _device = device;
        _memory = memory;
        if (device.Open(Self, out _handle) != 0)
        {
            throw new InvalidOperationException("The table of open files is full.");
        }
    }

    private Caller Self => new(Client.ThreadId(), _userId, 0);

    public int Ioctl(uint command, Span<byte> data)
    {
        IoctlCall call = new(_handle, command, 0, data, Self, null);
        return _device.Ioctl(ref call);
    }

    public int Poll(int events, int timeoutMs) =>
        (int)_device.Poll(new PollCall(_handle, (uint)events, 0, MayWait: false, Self));

    public byte* Map(ulong length) => _memory;

    public void Dispose()
    {
        if (_isOpen)
        {
            _isOpen = false;
            _device.Release(_handle);
            _device.AwaitReleases();
        }
    }
}

using NetmapCuse.Core.Interop;
using NetmapCuse.Tests.Transport;

namespace NetmapCuse.Tests.Device;

/// <summary>The device as a program has it: a descriptor.</summary>
internal sealed unsafe class MountedFile(Fd fd) : IDeviceFile
{
    private byte* _mapping;
    private nuint _length;

    internal Fd Fd => fd;

    public int Ioctl(uint command, Span<byte> data) => Client.Ioctl(fd, command, data);

    public int Poll(int events, int timeoutMs) => Client.Poll(fd, events, timeoutMs);

    public byte* Map(ulong length)
    {
        _length = (nuint)length;
        return _mapping = Client.Map(fd, _length);
    }

    public void Dispose()
    {
        if (_mapping != null)
        {
            Client.Unmap(_mapping, _length);
            _mapping = null;
        }

        fd.Dispose();
    }
}

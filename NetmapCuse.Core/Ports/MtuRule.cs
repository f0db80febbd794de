using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Ports;

/// <summary>Whether frames of an interface fit in the buffers of a region (reference/netmap-behaviour.md section 2.4).</summary>
internal static class MtuRule
{
    /// <summary>The largest receive buffer of an adapter that has no limit of its own.</summary>
    internal const uint ReceiveBufferDefault = 4096;

    /// <returns>0, EINVAL when they do not fit, EIO when the adapter does not know its own buffers.</returns>
    internal static int Check(uint mtu, uint bufferSize, uint receiveBufferMax, bool splitsFrames)
    {
        if (receiveBufferMax == 0)
        {
            return Errno.Io;
        }

        bool fits = mtu <= receiveBufferMax
            ? bufferSize >= mtu
            : splitsFrames && bufferSize >= receiveBufferMax;
        return fits ? Errno.Ok : Errno.Inval;
    }
}

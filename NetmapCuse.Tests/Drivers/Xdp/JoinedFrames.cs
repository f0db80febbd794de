using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>Frames that may take several slots.</summary>
internal static class JoinedFrames
{
    internal static void Put(ClientRing tx, byte[] frame)
    {
        byte[][] parts = [.. frame.Chunk(2048)];
        for (int i = 0; i < parts.Length; i++)
        {
            tx.Put(parts[i], i + 1 < parts.Length ? SlotFlags.MoreFragments : SlotFlags.None);
        }
    }

    /// <summary>Frames of one EtherType, joined from their slots; the namespaces' own chatter is left out.</summary>
    /// <param name="client">Who receives.</param>
    /// <param name="count">How many to wait for.</param>
    /// <param name="ours">The EtherType.</param>
    /// <param name="at">Where it is.</param>
    internal static List<byte[]> Receive(NetmapClient client, int count, int ours, int at = 12)
    {
        List<byte[]> frames = [];
        List<byte> frame = [];
        SpinWait.SpinUntil(
            () =>
            {
                client.RxSync();
                while (client.Rx.Ready != 0)
                {
                    (byte[] data, SlotFlags flags) = client.Rx.Take();
                    frame.AddRange(data);
                    if ((flags & SlotFlags.MoreFragments) == 0)
                    {
                        if (frame.Count > at + 1 && ((frame[at] << 8) | frame[at + 1]) == ours)
                        {
                            frames.Add([.. frame]);
                        }

                        frame.Clear();
                    }
                }

                return frames.Count >= count;
            },
            20000);
        return frames;
    }
}

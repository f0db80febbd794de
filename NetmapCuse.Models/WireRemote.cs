namespace NetmapCuse.Models;

/// <summary>
/// Lets a guest pull the cable: a frame of type 88b6 (IEEE 802, local experimental 2) whose data are a number of milliseconds,
/// 2 bytes with the upper one first, cuts its wire for so long.
/// </summary>
internal sealed class WireRemote
{
    private const int TypeAt = 12;
    private readonly Wire _wire;

    internal WireRemote(Wire wire)
    {
        _wire = wire;
        wire.Watcher = Watch;
    }

    private void Watch(ChipModel from, ReadOnlyMemory<byte> frame)
    {
        ReadOnlySpan<byte> bytes = frame.Span;
        if (bytes.Length < TypeAt + 4 || bytes[TypeAt] != 0x88 || bytes[TypeAt + 1] != 0xb6)
        {
            return;
        }

        int milliseconds = (bytes[TypeAt + 2] << 8) | bytes[TypeAt + 3];
        new Thread(() =>
        {
            _wire.Cut(true);
            Thread.Sleep(milliseconds);
            _wire.Cut(false);
        }) { IsBackground = true, Name = "remote" }.Start();
    }
}

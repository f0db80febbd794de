namespace NetmapCuse.Core.Vale;

/// <summary>Reads the bytes of a packet one after the other, over its fragments.</summary>
internal unsafe ref struct PacketReader
{
    private readonly Fragment* _end;
    private Fragment* _fragment;
    private uint _done;

    /// <param name="packet">First fragment.</param>
    /// <param name="start">Bytes that are left out at the front.</param>
    internal PacketReader(Fragment* packet, uint start)
    {
        _fragment = packet;
        _end = packet + packet->Count;
        Skip(start);
    }

    /// <summary>Copies the next bytes; what lies behind the packet's end is left as it is.</summary>
    internal void Read(byte* destination, uint length)
    {
        while (length != 0 && TryNext(length, out ReadOnlySpan<byte> piece))
        {
            piece.CopyTo(new Span<byte>(destination, piece.Length));
            destination += piece.Length;
            length -= (uint)piece.Length;
        }
    }

    internal void Skip(uint length)
    {
        while (length != 0 && TryNext(length, out ReadOnlySpan<byte> piece))
        {
            length -= (uint)piece.Length;
        }
    }

    /// <summary>The next bytes that lie together, at most so many; false at the end.</summary>
    internal bool TryNext(uint most, out ReadOnlySpan<byte> piece)
    {
        while (_fragment != _end && _done == _fragment->Length)
        {
            _fragment++;
            _done = 0;
        }

        if (_fragment == _end)
        {
            piece = default;
            return false;
        }

        uint length = Math.Min(most, _fragment->Length - _done);
        piece = new ReadOnlySpan<byte>(_fragment->Data + _done, (int)length);
        _done += length;
        return true;
    }
}

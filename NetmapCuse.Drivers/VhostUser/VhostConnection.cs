using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>Reads messages from a front-end, however they are cut, and sends the answers.</summary>
internal sealed class VhostConnection(DescriptorSocket socket, VhostSession session) : IDisposable
{
    /// <summary>Messages handled in a row, before rings are looked at again.</summary>
    private const int MessagesMax = 64;

    private readonly byte[] _message = new byte[VhostHeader.Bytes + VhostSession.BodyMax];
    private readonly byte[] _answer = new byte[VhostHeader.Bytes + sizeof(ulong)];
    private readonly List<Fd> _descriptors = [];
    private int _have;

    internal VhostSession Session => session;

    internal int Number => socket.Number;

    /// <summary>Handles what has come. False: the connection has ended, or has to.</summary>
    internal bool Serve()
    {
        for (int messages = 0; messages < MessagesMax;)
        {
            int wanted = VhostHeader.Bytes;
            if (_have >= VhostHeader.Bytes)
            {
                uint size = VhostHeader.Parse(_message).Size;
                if (size > VhostSession.BodyMax)
                {
                    return false;
                }

                wanted += (int)size;
            }

            if (_have == wanted)
            {
                messages++;
                if (!HandleMessage())
                {
                    return false;
                }

                continue;
            }

            int got = socket.Receive(_message.AsSpan(_have, wanted - _have), _descriptors);
            if (got <= 0 || _descriptors.Count > DescriptorSocket.DescriptorsMax)
            {
                return got == DescriptorSocket.Nothing;
            }

            _have += got;
        }

        return true;
    }

    public void Dispose()
    {
        CloseDescriptors();
        session.Dispose();
        socket.Dispose();
    }

    private bool HandleMessage()
    {
        VhostHeader header = VhostHeader.Parse(_message);
        int length = session.Handle(header, _message.AsSpan(VhostHeader.Bytes, (int)header.Size), _descriptors, _answer);
        CloseDescriptors();
        _have = 0;
        return length >= 0 && (length == 0 || socket.TrySend(_answer.AsSpan(0, length)));
    }

    /// <summary>Memory has no file system that could make a close wait; what else came along may.</summary>
    private void CloseDescriptors()
    {
        foreach (Fd descriptor in _descriptors)
        {
            if (Core.Vale.Guests.SharedFile.IsMemory(descriptor))
            {
                descriptor.Dispose();
            }
            else
            {
                ForeignDescriptor.Close(descriptor);
            }
        }

        _descriptors.Clear();
    }
}

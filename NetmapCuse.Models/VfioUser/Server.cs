using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Mono.Unix.Native;

namespace NetmapCuse.Models.VfioUser;

/// <summary>
/// Puts a chip on the bus of a virtual machine: the server's side of the vfio-user protocol (QEMU docs/interop/vfio-user.rst),
/// as far as QEMU's device vfio-user-pci needs it. One client at a time, one thread.
/// </summary>
internal sealed class Server : IDisposable
{
    private const int ConfigRegion = 7;
    private const int Regions = 9;
    private const int RegionShift = 40;
    private const uint DeviceFlags = 3; // a reset, PCI
    private const uint ReadWrite = 3;
    private const uint LineFlags = 7; // event descriptors, maskable, masks itself
    private const uint MessageFlags = 9; // event descriptors, all in one call
    private const uint WithDescriptors = 4;
    private const uint Unmask = 0x10;
    private const uint Trigger = 0x20;
    private const uint UnmapEverything = 2;

    private readonly ChipModel _chip;
    private readonly Socket _listener;
    private readonly GuestMemory _memory = new();
    private readonly InterruptLines _interrupts = new();

    internal Server(ChipModel chip, string path)
    {
        _chip = chip;
        chip.Memory = _memory;
        chip.Interrupts = _interrupts;
        File.Delete(path);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
        new Thread(Serve) { IsBackground = true, Name = chip.Name }.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _memory.Dispose();
    }

    private void Serve()
    {
        while (true)
        {
            try
            {
                using Connection connection = new(_listener.Accept());
                while (connection.Next() is { } message)
                {
                    Handle(connection, message);
                }
            }
            catch (SocketException)
            {
                // The client went away while it was answered, or the listener is closed.
                if (!_listener.IsBound)
                {
                    return;
                }
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Handle(Connection connection, Message message)
    {
        byte[]? answer = Answer(message);
        if (!message.WantsReply)
        {
            return;
        }

        if (answer is null)
        {
            connection.Refuse(message, Errno.EOPNOTSUPP);
        }
        else
        {
            connection.Reply(message, answer);
        }
    }

    // The shortest body that a command may have; what is shorter is refused.
    private static int LeastBytes(Command command) => command switch
    {
        Command.Version => 4,
        Command.DmaMap => 32,
        Command.DmaUnmap => 24,
        Command.RegionInfo => 32,
        Command.IrqInfo => 16,
        Command.SetIrqs => 20,
        Command.RegionRead or Command.RegionWrite => 16,
        _ => 0,
    };

    private byte[]? Answer(Message message)
    {
        byte[] body = message.Body;
        if (body.Length < LeastBytes(message.Command))
        {
            return null;
        }

        switch (message.Command)
        {
            case Command.Version:
                return [.. body[..4], .. Encoding.ASCII.GetBytes("{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576}}\0")];
            case Command.DmaMap:
                MapMemory(body, message.Descriptors);
                return [];
            case Command.DmaUnmap:
                UnmapMemory(body);
                return body[..24];
            case Command.DeviceInfo:
                return Words(16, DeviceFlags, Regions, InterruptLines.Kinds);
            case Command.RegionInfo:
                return DescribeRegion(body);
            case Command.IrqInfo:
                return DescribeInterrupt((int)Word(body, 8));
            case Command.SetIrqs:
                SetInterrupts(body, message.Descriptors);
                return [];
            case Command.RegionRead:
                return ReadRegion(body);
            case Command.RegionWrite:
                WriteRegion(body);
                return body[..16];
            case Command.Reset:
                _chip.Reset();
                return [];
            default:
                return null;
        }
    }

    private void MapMemory(byte[] body, IReadOnlyList<int> descriptors)
    {
        // Without a descriptor it is no memory, but another device's region.
        if (descriptors.Count > 0)
        {
            _memory.Map(Quad(body, 16), Quad(body, 24), descriptors[0], (long)Quad(body, 8));
        }
    }

    private void UnmapMemory(byte[] body)
    {
        if ((Word(body, 4) & UnmapEverything) != 0)
        {
            _memory.UnmapAll();
        }
        else
        {
            _memory.Unmap(Quad(body, 8), Quad(body, 16));
        }
    }

    private byte[] DescribeRegion(byte[] body)
    {
        int index = (int)Word(body, 8);
        ulong size = index == ConfigRegion ? PciConfigSpace.Length : _chip.Identity.Bars.FirstOrDefault(bar => bar.Index == index).Size;
        byte[] answer = new byte[32];
        Words(32, size > 0 ? ReadWrite : 0, (uint)index, 0).CopyTo(answer, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(answer.AsSpan(16), size);
        BinaryPrimitives.WriteUInt64LittleEndian(answer.AsSpan(24), (ulong)index << RegionShift);
        return answer;
    }

    private byte[] DescribeInterrupt(int index)
    {
        PciIdentity identity = _chip.Identity;
        int count = index switch
        {
            InterruptLines.LineIndex => identity.HasLine ? 1 : 0,
            InterruptLines.MsiIndex => identity.HasMsi ? 1 : 0,
            InterruptLines.MsiXIndex => identity.MsiXVectors,
            _ => 0,
        };
        uint flags = count == 0 ? 0 : index == InterruptLines.LineIndex ? LineFlags : MessageFlags;
        return Words(16, flags, (uint)index, (uint)count);
    }

    private void SetInterrupts(byte[] body, IReadOnlyList<int> descriptors)
    {
        uint flags = Word(body, 4);
        int index = (int)Word(body, 8);
        int count = (int)Word(body, 16);
        if ((flags & WithDescriptors) != 0)
        {
            _interrupts.Set(index, (int)Word(body, 12), count, descriptors);
        }
        else if ((flags & Trigger) != 0 && count == 0)
        {
            _interrupts.Clear(index);
        }

        if ((flags & Unmask) != 0 && index == InterruptLines.LineIndex)
        {
            _chip.Unmasked();
        }
    }

    private byte[] ReadRegion(byte[] body)
    {
        (ulong offset, int region, int count) = Place(body);
        byte[] answer = new byte[16 + count];
        body.AsSpan(0, 16).CopyTo(answer);
        if (region == ConfigRegion)
        {
            lock (_chip.Guard)
            {
                _chip.Config.Read((int)offset, answer.AsSpan(16));
            }

            return answer;
        }

        for (int done = 0; done < count; done += Step(count - done))
        {
            int bytes = Step(count - done);
            uint value = _chip.ReadRegister(region, offset + (ulong)done, bytes);
            for (int i = 0; i < bytes; i++)
            {
                answer[16 + done + i] = (byte)(value >> (8 * i));
            }
        }

        return answer;
    }

    private void WriteRegion(byte[] body)
    {
        (ulong offset, int region, int count) = Place(body);
        ReadOnlySpan<byte> data = body.AsSpan(16, Math.Min(count, body.Length - 16));
        if (region == ConfigRegion)
        {
            lock (_chip.Guard)
            {
                _chip.Config.Write((int)offset, data);
            }

            return;
        }

        for (int done = 0; done < data.Length; done += Step(data.Length - done))
        {
            int bytes = Step(data.Length - done);
            uint value = 0;
            for (int i = 0; i < bytes; i++)
            {
                value |= (uint)data[done + i] << (8 * i);
            }

            _chip.WriteRegister(region, offset + (ulong)done, bytes, value);
        }
    }

    private static int Step(int left) => left >= 4 ? 4 : left >= 2 ? 2 : 1;

    private static (ulong Offset, int Region, int Count) Place(byte[] body) =>
        (Quad(body, 0), (int)Word(body, 8), (int)Math.Min(Word(body, 12), 1u << 20));

    private static uint Word(byte[] body, int at) => BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(at));

    private static ulong Quad(byte[] body, int at) => BinaryPrimitives.ReadUInt64LittleEndian(body.AsSpan(at));

    private static byte[] Words(params ReadOnlySpan<uint> words)
    {
        byte[] bytes = new byte[4 * words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), words[i]);
        }

        return bytes;
    }
}

using System.Runtime.CompilerServices;
using System.Text;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Transport;

/// <summary>A directory of small text files, as sysfs has them: a read gives the text of now, each write is a value of its own.</summary>
internal sealed class DirectoryDispatcher : IRequestDispatcher
{
    private const ulong RootNode = 1;
    private const ulong FirstFileNode = 2;
    private const ulong FileSize = 4096;
    private const uint DirectoryMode = 0x1ed; // 0755
    private const uint WritableMode = 0x1a4; // 0644
    private const uint ReadOnlyMode = 0x124; // 0444
    private const uint EntryDirectory = 4;
    private const uint EntryRegular = 8;

    private readonly TextFile[] _files;
    private readonly ulong _madeAt = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <param name="files">In the order in which they are listed.</param>
    internal DirectoryDispatcher(IEnumerable<TextFile> files) => _files = [.. files];

    public Disposition Dispatch(
        in FuseInHeader header, ref RequestCursor request, ref ReplyWriter reply, IDeferrer deferrer)
    {
        switch (header.Opcode)
        {
            case FuseOpcode.Forget or FuseOpcode.BatchForget or FuseOpcode.Interrupt or FuseOpcode.NotifyReply:
                return Disposition.Silent;
            case FuseOpcode.Lookup:
                Lookup(header.NodeId, ref request, ref reply);
                break;
            case FuseOpcode.ReadDirectory:
                List(ref request, ref reply);
                break;
            default:
                Node(in header, ref request, ref reply);
                break;
        }

        return Disposition.Reply;
    }

    private void Node(in FuseInHeader header, ref RequestCursor request, ref ReplyWriter reply)
    {
        switch (header.Opcode)
        {
            case FuseOpcode.GetAttr:
                reply.Put(new FuseAttrOut { ValidSeconds = 1, Attributes = AttributesOf(header.NodeId) });
                break;
            case FuseOpcode.SetAttr:
                SetAttributes(header.NodeId, ref request, ref reply);
                break;
            case FuseOpcode.OpenDirectory:
                reply.Put(default(FuseOpenOut));
                break;
            case FuseOpcode.Open:
                reply.Put(new FuseOpenOut { OpenFlags = FuseOpenFlags.DirectIo });
                break;
            case FuseOpcode.Read:
                Read(header.NodeId, ref request, ref reply);
                break;
            case FuseOpcode.Write:
                Write(header.NodeId, ref request, ref reply);
                break;
            case FuseOpcode.StatFs:
                reply.Put(new FuseStatfsOut { BlockSize = 4096, FragmentSize = 4096, NameLength = 255 });
                break;
            case FuseOpcode.Release or FuseOpcode.ReleaseDirectory or FuseOpcode.Flush or FuseOpcode.Fsync
                or FuseOpcode.Access or FuseOpcode.Destroy:
                break;
            default:
                reply.Fail(Errno.NoSys);
                break;
        }
    }

    private void Lookup(ulong parent, ref RequestCursor request, ref ReplyWriter reply)
    {
        ReadOnlySpan<byte> wanted = request.Rest;
        int end = wanted.IndexOf((byte)0);
        string name = Encoding.UTF8.GetString(end < 0 ? wanted : wanted[..end]);
        int place = Array.FindIndex(_files, file => file.Name == name);
        if (parent != RootNode || place < 0)
        {
            reply.Fail(Errno.NoEnt);
            return;
        }

        ulong node = FirstFileNode + (ulong)place;
        reply.Put(new FuseEntryOut
        {
            NodeId = node,
            EntryValidSeconds = 1,
            AttributesValidSeconds = 1,
            Attributes = AttributesOf(node),
        });
    }

    /// <summary>Truncation is what "echo" does first; everything else stays as it is.</summary>
    private void SetAttributes(ulong node, ref RequestCursor request, ref ReplyWriter reply)
    {
        const FuseSetattrValid Refused = FuseSetattrValid.Mode | FuseSetattrValid.UserId | FuseSetattrValid.GroupId;
        if (!request.TryTake(out FuseSetattrIn change))
        {
            reply.Fail(Errno.Io);
        }
        else if ((change.Valid & Refused) != 0)
        {
            reply.Fail(Errno.Perm);
        }
        else
        {
            reply.Put(new FuseAttrOut { ValidSeconds = 1, Attributes = AttributesOf(node) });
        }
    }

    private void Read(ulong node, ref RequestCursor request, ref ReplyWriter reply)
    {
        if (FileOf(node) is not { } file || !request.TryTake(out FuseReadIn read))
        {
            reply.Fail(Errno.Io);
            return;
        }

        byte[] text = Encoding.UTF8.GetBytes(file.Read());
        int from = (int)Math.Min(read.Offset, (ulong)text.Length);
        int length = (int)Math.Min(read.Size, (uint)Math.Min(text.Length - from, reply.Room));
        reply.PutBytes(text.AsSpan(from, length));
    }

    private void Write(ulong node, ref RequestCursor request, ref ReplyWriter reply)
    {
        if (FileOf(node) is not { } file || !request.TryTake(out FuseWriteIn write) || request.Rest.Length < write.Size)
        {
            reply.Fail(Errno.Io);
            return;
        }

        if (file.Write is null)
        {
            reply.Fail(Errno.Acces);
            return;
        }

        int error = file.Write(Encoding.Latin1.GetString(request.Rest[..(int)write.Size]));
        if (error != Errno.Ok)
        {
            reply.Fail(error);
            return;
        }

        reply.Put(new FuseWriteOut { Size = write.Size });
    }

    private void List(ref RequestCursor request, ref ReplyWriter reply)
    {
        if (!request.TryTake(out FuseReadIn read))
        {
            reply.Fail(Errno.Io);
            return;
        }

        int room = (int)Math.Min(read.Size, (uint)reply.Room);
        for (ulong i = read.Offset; i < (ulong)_files.Length + 2; i++)
        {
            byte[] name = Encoding.UTF8.GetBytes(i switch { 0 => ".", 1 => "..", _ => _files[i - 2].Name });
            int padded = (name.Length + FuseDirectoryEntry.Alignment - 1) & ~(FuseDirectoryEntry.Alignment - 1);
            if (Unsafe.SizeOf<FuseDirectoryEntry>() + padded > room - reply.Length)
            {
                break;
            }

            reply.Put(new FuseDirectoryEntry
            {
                Inode = i < 2 ? RootNode : FirstFileNode + i - 2,
                NextOffset = i + 1,
                NameLength = (uint)name.Length,
                Type = i < 2 ? EntryDirectory : EntryRegular,
            });
            Array.Resize(ref name, padded);
            reply.PutBytes(name);
        }
    }

    private TextFile? FileOf(ulong node) =>
        node - FirstFileNode < (ulong)_files.Length ? _files[node - FirstFileNode] : null;

    private FuseAttributes AttributesOf(ulong node)
    {
        TextFile? file = FileOf(node);
        return new FuseAttributes
        {
            Inode = node,
            Size = file is null ? 0 : FileSize,
            Mode = file is null ? FileType.Directory | DirectoryMode
                : FileType.Regular | (file.Write is null ? ReadOnlyMode : WritableMode),
            Links = file is null ? 2u : 1u,
            BlockSize = 4096,
            AccessTime = _madeAt,
            ModifyTime = _madeAt,
            ChangeTime = _madeAt,
        };
    }
}

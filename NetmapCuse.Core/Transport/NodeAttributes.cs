using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Transport;

/// <summary>Mode, owner and times of the device file: kept here, changed by chmod, chown and touch of clients.</summary>
internal sealed class NodeAttributes
{
    private const ulong RootInode = 1;

    // Every change comes through this daemon, so the kernel could keep them for good; a second keeps `stat` honest about
    // a daemon that is gone.
    private const ulong ValidSeconds = 1;

    private readonly Lock _gate = new();
    private FuseAttributes _attributes;

    internal NodeAttributes(uint mode, uint userId, uint groupId, ulong size = 0)
    {
        (ulong seconds, uint nanoseconds) = Now();
        _attributes = new FuseAttributes
        {
            Inode = RootInode,
            Size = size,
            Mode = FileType.Regular | (mode & FileType.PermissionMask),
            Links = 1,
            UserId = userId,
            GroupId = groupId,
            BlockSize = 4096,
            AccessTime = seconds,
            AccessTimeNs = nanoseconds,
            ModifyTime = seconds,
            ModifyTimeNs = nanoseconds,
            ChangeTime = seconds,
            ChangeTimeNs = nanoseconds,
        };
    }

    internal FuseAttrOut Read()
    {
        lock (_gate)
        {
            return new FuseAttrOut { ValidSeconds = ValidSeconds, Attributes = _attributes };
        }
    }

    /// <summary>Applies a SETATTR. A size is none of ours: the caller refuses that one.</summary>
    internal void Change(in FuseSetattrIn change)
    {
        (ulong seconds, uint nanoseconds) = Now();
        FuseSetattrValid valid = change.Valid;
        lock (_gate)
        {
            if (valid.HasFlag(FuseSetattrValid.Mode))
            {
                _attributes.Mode = FileType.Regular | (change.Mode & FileType.PermissionMask);
            }

            if (valid.HasFlag(FuseSetattrValid.UserId))
            {
                _attributes.UserId = change.UserId;
            }

            if (valid.HasFlag(FuseSetattrValid.GroupId))
            {
                _attributes.GroupId = change.GroupId;
            }

            if (valid.HasFlag(FuseSetattrValid.AccessTime))
            {
                bool now = valid.HasFlag(FuseSetattrValid.AccessTimeNow);
                _attributes.AccessTime = now ? seconds : change.AccessTime;
                _attributes.AccessTimeNs = now ? nanoseconds : change.AccessTimeNs;
            }

            if (valid.HasFlag(FuseSetattrValid.ModifyTime))
            {
                bool now = valid.HasFlag(FuseSetattrValid.ModifyTimeNow);
                _attributes.ModifyTime = now ? seconds : change.ModifyTime;
                _attributes.ModifyTimeNs = now ? nanoseconds : change.ModifyTimeNs;
            }

            _attributes.ChangeTime = seconds;
            _attributes.ChangeTimeNs = nanoseconds;
        }
    }

    private static (ulong Seconds, uint Nanoseconds) Now()
    {
        long ticks = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks;
        return ((ulong)(ticks / TimeSpan.TicksPerSecond), (uint)(ticks % TimeSpan.TicksPerSecond * 100));
    }
}

namespace NetmapCuse.Core.Abi.Linux;

/// <summary>mount() and umount2() flags (linux/mount.h, linux/fs.h).</summary>
internal static class MountFlags
{
    /// <summary>MS_NOSUID.</summary>
    internal const ulong NoSuid = 2;

    /// <summary>MNT_FORCE: aborts the connection of a FUSE mount, then unmounts if nobody uses it.</summary>
    internal const int Force = 1;

    /// <summary>MNT_DETACH: takes the mount out of the tree now, ends it when the last user is gone.</summary>
    internal const int Detach = 2;

    /// <summary>UMOUNT_NOFOLLOW.</summary>
    internal const int NoFollow = 8;
}

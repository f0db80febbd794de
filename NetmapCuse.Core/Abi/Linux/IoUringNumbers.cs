namespace NetmapCuse.Core.Abi.Linux;

/// <summary>Numbers of include/uapi/linux/io_uring.h.</summary>
internal static class IoUringNumbers
{
    /// <summary>__NR_io_uring_setup (x86-64 and arm64).</summary>
    internal const int SystemCallSetup = 425;

    /// <summary>__NR_io_uring_enter.</summary>
    internal const int SystemCallEnter = 426;

    internal const uint SetupCqSize = 1 << 3;
    internal const uint SetupCoopTaskrun = 1 << 8;
    internal const uint SetupSqe128 = 1 << 10;
    internal const uint SetupSingleIssuer = 1 << 12;
    internal const uint SetupDeferTaskrun = 1 << 13;

    /// <summary>IORING_FEAT_SINGLE_MMAP: one mapping holds both rings.</summary>
    internal const uint FeatureSingleMmap = 1 << 0;

    internal const uint EnterGetEvents = 1 << 0;

    internal const byte OperationPollAdd = 6;
    internal const byte OperationUringCmd = 46;

    internal const long OffsetSqRing = 0;
    internal const long OffsetSqes = 0x10000000;
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>A FUSE file whose mmap gives the pages of a file of ours.</summary>
/// <param name="options">What it looks like.</param>
/// <param name="path">Where it is.</param>
/// <param name="memory">The file whose pages clients map.</param>
internal sealed class PassthroughDoor(DeviceServerOptions options, string path, Fd memory)
    : FrontDoor(options, path, FuseMount.OpenDevice())
{
    private FuseMount? _mount;
    private int _backing;

    internal override string Name => "passthrough";

    internal override bool Connect(bool uring)
    {
        _mount = FuseMount.Create(Path, Device);
        bool overUring = Handshake.Run(Device, uring);
        _backing = RegisterBacking();
        return overUring;
    }

    internal override Dispatcher CreateDispatcher(ICallHandler handler, DeferredCalls deferred) =>
        new(handler, CreateAttributes(0), deferred, _backing);

    internal override FuseReaders StartReaders(
        Dispatcher dispatcher, DeferredCalls deferred, Action ended, ILogger log) =>
        new(Device, FuseReaders.CountHere, dispatcher, deferred, ended, log);

    internal override void OnServing() => FileProbe.Require(Path);

    internal override void End() => _mount?.End();

    private int RegisterBacking()
    {
        try
        {
            return Device.RegisterBacking(memory);
        }
        catch (PosixException refusal) when (refusal.Errno == Errno.Perm)
        {
            throw new StartException(
                StartFailure.NoPermission,
                "sharing memory through FUSE needs CAP_SYS_ADMIN in the initial user namespace: run as root of the host, "
                + "not of a user namespace",
                refusal);
        }
    }
}

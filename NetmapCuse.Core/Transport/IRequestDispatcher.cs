using NetmapCuse.Core.Abi.Fuse;

namespace NetmapCuse.Core.Transport;

/// <summary>Decides what each request of a connection means.</summary>
internal interface IRequestDispatcher
{
    /// <param name="header">The request's header.</param>
    /// <param name="request">What follows the header.</param>
    /// <param name="reply">Receives the answer, when the result says that there is one.</param>
    /// <param name="deferrer">The receiving thread, which lets a handler answer later.</param>
    Disposition Dispatch(in FuseInHeader header, ref RequestCursor request, ref ReplyWriter reply, IDeferrer deferrer);

    /// <summary>A RELEASE was read that is executed later; comes only where closes are not announced by a FLUSH.</summary>
    void AnnounceRelease(in FuseInHeader header, ref RequestCursor request)
    {
    }
}

namespace NetmapCuse.Core.Transport;

/// <summary>What becomes of a request after its dispatch.</summary>
internal enum Disposition
{
    /// <summary>The answer is ready.</summary>
    Reply,

    /// <summary>The kernel expects no answer.</summary>
    Silent,

    /// <summary>Somebody else answers later.</summary>
    Deferred,
}

namespace NetmapCuse.Core.Memory;

/// <summary>A mistake of ours after which the books cannot be trusted: it ends the daemon. Everything else costs one request.</summary>
internal sealed class BrokenInvariantException(string message) : InvalidOperationException(message);

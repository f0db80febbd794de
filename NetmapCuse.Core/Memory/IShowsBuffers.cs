namespace NetmapCuse.Core.Memory;

/// <summary>A live ring, as the ledger of its region sees it.</summary>
internal interface IShowsBuffers
{
    /// <summary>Marks each buffer that a slot of the ring shows right now.</summary>
    void MarkShown(BufferSet shown);
}

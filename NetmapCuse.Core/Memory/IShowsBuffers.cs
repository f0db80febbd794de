namespace NetmapCuse.Core.Memory;

/// <summary>A live ring, as the ledger of its region sees it.</summary>
internal interface IShowsBuffers
{
    /// <summary>Marks each buffer that a slot of the ring shows right now.</summary>
    void MarkShown(BufferSet shown);

    /// <summary>Lets the daemon swap no buffers between this ring and another until <see cref="LetGo"/>; whoever wants to, waits.</summary>
    void HoldStill();

    void LetGo();
}

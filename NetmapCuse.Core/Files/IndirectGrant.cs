using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Files;

/// <summary>Whether the NS_INDIRECT slots of a file's rings are followed into the memory of who syncs them (<see cref="Openers"/>).</summary>
/// <param name="client">Who makes the call.</param>
/// <param name="file">The file.</param>
/// <param name="openers">Who may have written the slots.</param>
internal sealed class IndirectGrant(ClientProcess client, OpenFile file, Openers openers)
{
    private int _changes = -1;

    internal CallerMemory Memory => client.Memory;

    /// <summary>
    /// Asked when the slots have been listed: whoever has written one of them had opened the device before. Once it is false for
    /// a file it stays so.
    /// </summary>
    /// <param name="port">For the log.</param>
    internal bool Holds(string port)
    {
        int now = openers.Changes;
        if (now != _changes && !file.RefusesIndirect)
        {
            if (!openers.AllMayRead(client))
            {
                file.RefuseIndirect();
                openers.Explain(port);
            }

            _changes = now;
        }

        return !file.RefusesIndirect;
    }
}

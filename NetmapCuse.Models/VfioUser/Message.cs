namespace NetmapCuse.Models.VfioUser;

/// <summary>A message of the protocol, without its 16-byte header.</summary>
internal sealed record Message(ushort Id, Command Command, bool WantsReply, byte[] Body, IReadOnlyList<int> Descriptors);

namespace NetmapCuse.Core.Transport;

/// <summary>A small text file of a served directory, like those of sysfs. Called from any thread.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Read">The whole text, newline included.</param>
/// <param name="Write">Takes what one write() wrote; 0 or a positive errno. Null for a file of mode 0444.</param>
public sealed record TextFile(string Name, Func<string> Read, Func<string, int>? Write);

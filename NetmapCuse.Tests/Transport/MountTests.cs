using Xunit;

namespace NetmapCuse.Tests.Transport;

/// <summary>Tests that mount something run one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MountTests
{
    internal const string Name = "mounts";
}

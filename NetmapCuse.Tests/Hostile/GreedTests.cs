using System.Runtime.Versioning;
using NetmapCuse.Tests.Daemon;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>What one client does neither ends the daemon nor takes everything from the others: a C program against the executable.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class GreedTests
{
    [Theory]
    [InlineData("failing-register", "auto")]
    [InlineData("failing-register", "fuse")]
    [InlineData("files", "auto")]
    [InlineData("external", "auto")]
    [InlineData("persistent", "auto")]
    [InlineData("touched-pages", "auto")]
    public void A_client_harms_itself_only(string test, string transport)
    {
        using DaemonInShell daemon = new DaemonInShell().Serve("--transport", transport, "--mode", "0666", "--door", "passthrough");

        daemon.Check("greed", test);

        Assert.False(daemon.HasExited, string.Join('\n', daemon.Log));
    }
}

using System.Diagnostics;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Lab;

/// <summary>The Debian packages that scripts/package makes of what scripts/build has made.</summary>
public sealed class PackageTests
{
    [Fact]
    public void The_packages_hold_what_is_promised()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is missing: no Debian");
        Assert.SkipUnless(LabScript.IsPublished, "nothing is published: scripts/build");
        (int status, string output) = LabScript.Run("scripts/package", ["--no-build"], TimeSpan.FromMinutes(5));
        status.Should().Be(0, output);
        string[] packages = [.. output.Split('\n').Where(static line => line.EndsWith(".deb", StringComparison.Ordinal))];
        packages.Should().HaveCount(3);

        string all = string.Concat(packages.Select(static package => Contents(package)));
        foreach (string file in (string[])[
            "./usr/bin/netmapcuse -> ../lib/netmapcuse/netmapcuse", "./usr/lib/netmapcuse/libnetmapcuse-mmap.so", "./usr/bin/nm-gen",
            "./etc/netmapcuse.conf", "./usr/lib/systemd/system/netmapcuse.service", "./usr/lib/tmpfiles.d/netmapcuse.conf",
            "./usr/share/bash-completion/completions/netmapcuse", "./usr/share/man/man8/netmapcuse.8.gz",
            "./usr/share/man/man5/netmapcuse.conf.5.gz", "./usr/share/man/man4/netmap.4.gz", "./usr/share/man/man1/nm-gen.1.gz",
            "./usr/include/net/netmap.h", "./usr/include/net/netmap_user.h", "./usr/include/libnetmap.h",
            "./usr/lib/x86_64-linux-gnu/libnetmap.so.0", "./usr/lib/x86_64-linux-gnu/libnetmap.so -> libnetmap.so.0",
            "./usr/lib/x86_64-linux-gnu/libnetmap.a", "./usr/lib/x86_64-linux-gnu/pkgconfig/libnetmap.pc"])
        {
            all.Should().Contain(file);
        }
    }

    private static string Contents(string package)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("dpkg-deb", ["--contents", package]) { RedirectStandardOutput = true })!;
        string contents = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.Should().Be(0);
        return contents;
    }
}

using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>All of libnetmap's interface on a real device, linked in both ways; and what "make install" leaves.</summary>
public sealed class LibnetmapTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    [Theory]
    [InlineData("tests/libnetmap")]
    [InlineData("tests/libnetmap-shared")]
    public void The_library_does_what_its_header_says(string program)
    {
        (int exitCode, string output) = Samples.Run(program, "-d", Device.Path);
        exitCode.Should().Be(0, output);
        output.Should().Contain("0 failed").And.Contain("ok   threads share a region");
    }

    /// <summary>A program that knows nothing of this source tree, as C99 and with all that its headers declare unused.</summary>
    [Fact]
    public void A_program_compiles_against_what_is_installed()
    {
        const string Source = """
            #include <libnetmap.h>
            int main(void) { struct nmport_d *d = nmport_prepare("netmap:x{1-0/x"); return d == NULL || d->reg.nr_mode != NR_REG_ONE_NIC; }
            """;
        string root = Directory.CreateTempSubdirectory("libnetmap-").FullName;
        try
        {
            string samples = Samples.SourceDirectory();
            Run("make", "-s", "-C", samples, "install", $"DESTDIR={root}", "PREFIX=/usr").Should().Be(0);
            File.ReadAllText(Path.Combine(root, "usr/lib/pkgconfig/libnetmap.pc")).Should()
                .Contain("prefix=/usr\n").And.Contain("-lnetmap").And.NotContain("@");
            File.WriteAllText(Path.Combine(root, "p.c"), Source);
            string program = Path.Combine(root, "p");
            string[] common = ["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-I", Path.Combine(root, "usr/include"), "-o", program,
                Path.Combine(root, "p.c")];
            string libraries = Path.Combine(root, "usr/lib");
            Run("gcc", [.. common, Path.Combine(libraries, "libnetmap.a")]).Should().Be(0);
            Run(program).Should().Be(0);
            Run("gcc", [.. common, "-L", libraries, "-lnetmap", $"-Wl,-rpath,{libraries}"]).Should().Be(0);
            Run(program).Should().Be(0);
            Run(Path.Combine(root, "usr/bin/nm-gen"), "-h").Should().Be(0);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}

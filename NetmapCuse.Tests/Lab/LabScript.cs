using System.Diagnostics;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Lab;

/// <summary>Runs the scripts of the lab, which run what scripts/build has published.</summary>
internal static class LabScript
{
    /// <summary>What scripts/lab ends with where no machine can be made.</summary>
    private const int NoMachine = 125;

    private static readonly string s_root = FindRoot();

    /// <summary>scripts/build has been run.</summary>
    internal static bool IsPublished =>
        File.Exists(Path.Combine(s_root, "out/netmapcuse")) && File.Exists(Path.Combine(s_root, "out/samples/nm-gen"));

    /// <summary>A suite on this machine.</summary>
    internal static void RunHere(string suite, params string[] arguments)
    {
        RequirePublished();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        Assert.SkipUnless(File.Exists("/dev/fuse"), "there is no /dev/fuse");
        Expect(Run("scripts/lab.d/suites/" + suite, arguments, TimeSpan.FromMinutes(3)));
    }

    /// <summary>Suites in the lab's machine, in one boot, with the options before them.</summary>
    internal static void RunInGuest(string kernel, params string[] suites)
    {
        RequirePublished();
        (int status, string output) = Run("scripts/lab", ["--kernel", kernel, "--prepare", .. suites], TimeSpan.FromMinutes(8));
        Assert.SkipWhen(status == NoMachine, $"no machine with kernel {kernel}: {output}");
        Expect(Run("scripts/lab", ["--kernel", kernel, "--timeout", "540", .. suites], TimeSpan.FromMinutes(20)));
    }

    /// <summary>Runs a script of the repository to its end.</summary>
    internal static (int Status, string Output) Run(string script, string[] arguments, TimeSpan patience)
    {
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(s_root, script), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{script} does not end: {output.Result}{errors.Result}");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }

    private static void Expect((int Status, string Output) run)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(run.Output);
        run.Status.Should().Be(0, "{0}", run.Output);
        run.Output.Should().Contain("ok ").And.NotContain("FAIL");
    }

    private static void RequirePublished() => Assert.SkipUnless(IsPublished, "nothing is published: scripts/build");

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "NetmapCuse.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}

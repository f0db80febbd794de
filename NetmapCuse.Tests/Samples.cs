using System.Diagnostics;
using Xunit;

namespace NetmapCuse.Tests;

/// <summary>The C programs of samples/, built once for the whole run.</summary>
internal static class Samples
{
    private static readonly Lazy<string?> s_refusal = new(Build);

    private static string Root { get; } = FindRoot();

    /// <summary>The program out/samples/NAME; the test is skipped where it cannot be built or does not exist.</summary>
    internal static string Program(string name)
    {
        if (s_refusal.Value is { } reason)
        {
            Assert.Skip(reason);
        }

        string path = Path.Combine(Root, "out", "samples", name);
        Assert.SkipUnless(File.Exists(path), $"samples/{name}.c is not there");
        return path;
    }

    /// <summary>samples/, built; the test is skipped where it cannot be.</summary>
    internal static string SourceDirectory()
    {
        _ = Program("nm-gen");
        return Path.Combine(Root, "samples");
    }

    /// <summary>Runs a sample to its end.</summary>
    /// <returns>Exit code and what it printed, standard error included.</returns>
    internal static (int ExitCode, string Output) Run(string name, params string[] arguments)
    {
        using Process process = Start(name, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill();
            throw new TimeoutException($"{name} does not end: {output}");
        }

        return (process.ExitCode, output + errors.Result);
    }

    internal static Process Start(string name, params string[] arguments)
    {
        ProcessStartInfo start = new(Program(name), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private static string? Build()
    {
        try
        {
            using Process make = Process.Start(
                new ProcessStartInfo("make", ["-s", "-C", Path.Combine(Root, "samples")]) { RedirectStandardError = true })!;
            string errors = make.StandardError.ReadToEnd();
            make.WaitForExit();
            return make.ExitCode == 0 ? null : $"the samples do not build: {errors}";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return $"no make to build the samples with: {missing.Message}";
        }
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "NetmapCuse.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the source tree.");
    }
}

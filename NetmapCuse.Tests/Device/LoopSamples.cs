using System.Diagnostics;
using Xunit;

namespace NetmapCuse.Tests.Device;

/// <summary>The C programs, built once.</summary>
internal static class LoopSamples
{
    private static readonly Lazy<(string? Folder, string Reason)> s_built = new(Build);

    /// <summary>out/samples; the test is skipped where they cannot be built.</summary>
    internal static string Folder
    {
        get
        {
            (string? folder, string reason) = s_built.Value;
            if (folder is null)
            {
                Assert.Skip(reason);
            }

            return folder;
        }
    }

    private static (string? Folder, string Reason) Build()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "NetmapCuse.sln")))
        {
            root = root.Parent;
        }

        if (root is null)
        {
            return (null, "the tests run outside the source tree");
        }

        try
        {
            ProcessStartInfo start = new("make", ["-s", "-C", Path.Combine(root.FullName, "samples")])
            {
                RedirectStandardError = true,
            };
            using Process make = Process.Start(start)!;
            string errors = make.StandardError.ReadToEnd();
            make.WaitForExit();
            return make.ExitCode == 0
                ? (Path.Combine(root.FullName, "out", "samples"), "")
                : (null, $"the samples do not build: {errors}");
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (null, $"no make: {missing.Message}");
        }
    }
}

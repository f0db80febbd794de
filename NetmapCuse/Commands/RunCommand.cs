using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Commands;

/// <summary>
/// "netmapcuse run": becomes a program with the library preloaded that maps the packet memory where the device is a
/// character device. Elsewhere the library does nothing.
/// </summary>
internal static class RunCommand
{
    private const string Library = "libnetmapcuse-mmap.so";
    private const int CannotRun = 126;
    private const int NotFound = 127;

    internal static Command Create()
    {
        Argument<string[]> program = new("program")
        {
            Description = "The program and its arguments",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new("run", "Start a program that can map a device file served with --door cuse: run -- PROGRAM ...")
        {
            program,
        };
        command.SetAction(parsed => Run(parsed.GetValue(program)!));
        return command;
    }

    private static int Run(string[] arguments)
    {
        if (Find(arguments[0]) is not { } path)
        {
            return File.Exists(arguments[0])
                ? Fail(CannotRun, $"{arguments[0]} is not executable: chmod +x, or give a program from PATH")
                : Fail(NotFound, $"{arguments[0]}: there is no such program");
        }

        string library = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "/", Library);
        if (!File.Exists(library))
        {
            return Fail(CannotRun, $"{library} is missing: install it beside netmapcuse");
        }

        if (ProgramFile.Obstacle(path) is { } obstacle)
        {
            return Fail(CannotRun, $"{path} {obstacle}: serve the device with --door passthrough or pagecache for it");
        }

        string former = Environment.GetEnvironmentVariable("LD_PRELOAD") ?? "";
        Environment.SetEnvironmentVariable("LD_PRELOAD", former.Length == 0 ? library : $"{library}:{former}");

        _ = Libc.SetSignal(Libc.SigPipe, Libc.SignalDefault);
        _ = Libc.Execute(path, [.. arguments, null], Surroundings());
        return Fail(CannotRun, $"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Both vectors end with a null, as C has it.</summary>
    private static string?[] Surroundings() =>
    [
        .. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}")),
        null,
    ];

    /// <summary>As a shell finds it: in PATH unless the name has a slash.</summary>
    private static string? Find(string name)
    {
        IEnumerable<string> candidates = name.Contains('/', StringComparison.Ordinal)
            ? [name]
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, name));
        return candidates.FirstOrDefault(
            candidate => File.Exists(candidate) && Libc.Access(candidate, Libc.ExecutableByCaller) == 0);
    }

    private static int Fail(int status, string reason)
    {
        Console.Error.WriteLine($"netmapcuse run: {reason}");
        return status;
    }
}

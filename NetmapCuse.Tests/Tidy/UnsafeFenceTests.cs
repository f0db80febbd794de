using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Tidy;

/// <summary>Holds the tree to the rule of HACKING.md: pointers and system calls stay in the folders that are named for them.</summary>
public sealed partial class UnsafeFenceTests
{
    private static readonly string[] s_projects = ["NetmapCuse", "NetmapCuse.Core", "NetmapCuse.Drivers"];

    private static readonly string[] s_unsafeFolders =
    [
        "NetmapCuse.Core/Books/", "NetmapCuse.Core/Interop/", "NetmapCuse.Core/Memory/", "NetmapCuse.Core/Rings/", "NetmapCuse.Core/Vale/",
        "NetmapCuse.Core/Pipes/", "NetmapCuse.Core/Monitors/", "NetmapCuse.Drivers/Interop/", "NetmapCuse.Drivers/Mmio/",
        "NetmapCuse.Drivers/Packet/", "NetmapCuse.Drivers/Vfio/", "NetmapCuse.Drivers/Xdp/",
    ];

    private static readonly string[] s_importFolders = ["NetmapCuse.Core/Interop/", "NetmapCuse.Drivers/Interop/"];

    [Fact]
    public void Unsafe_code_stays_in_its_folders() =>
        FilesWith(UnsafeWord()).Should().OnlyContain(file => s_unsafeFolders.Any(file.StartsWith));

    [Fact]
    public void System_calls_are_imported_in_the_interop_folders() =>
        FilesWith(ImportWord()).Should().OnlyContain(file => s_importFolders.Any(file.StartsWith));

    [Fact]
    public void The_fence_finds_what_it_looks_for()
    {
        FilesWith(UnsafeWord()).Should().NotBeEmpty();
        FilesWith(ImportWord()).Should().NotBeEmpty();
    }

    private static List<string> FilesWith(Regex word)
    {
        string root = Root();
        return
        [
            .. s_projects
                .SelectMany(project => Directory.EnumerateFiles(Path.Combine(root, project), "*.cs", SearchOption.AllDirectories))
                .Select(file => Path.GetRelativePath(root, file))
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
                .Where(file => File.ReadLines(Path.Combine(root, file)).Any(line => IsCode(line) && word.IsMatch(line))),
        ];
    }

    private static bool IsCode(string line) => !line.TrimStart().StartsWith("//", StringComparison.Ordinal);

    private static string Root([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeWord();

    [GeneratedRegex(@"\b(LibraryImport|DllImport)\b")]
    private static partial Regex ImportWord();
}

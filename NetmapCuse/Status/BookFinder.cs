using System.Globalization;
using NetmapCuse.Core.Books;

namespace NetmapCuse.Status;

/// <summary>Finds the books of the daemons that run here: descriptors of theirs that show a memfd of the name.</summary>
internal static class BookFinder
{
    private const string Link = "/memfd:netmap-books";

    /// <summary>Opens the books of every device file, or of the one that is served at a path; the caller disposes of them.</summary>
    internal static List<BookReader> Open(string? device)
    {
        List<BookReader> found = [];
        foreach (string path in Paths())
        {
            if (TryOpen(path) is not { } reader)
            {
                continue;
            }

            BookHeader header = reader.Read().Header;
            bool isCopy = !path.StartsWith(string.Create(CultureInfo.InvariantCulture, $"/proc/{header.ProcessId}/"), StringComparison.Ordinal);
            if (isCopy || (device is not null && header.Path.ToString() != device))
            {
                reader.Dispose();
                continue;
            }

            found.Add(reader);
        }

        return found;
    }

    private static IEnumerable<string> Paths()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                continue;
            }

            foreach (string descriptor in DescriptorsOf(process))
            {
                if (IsBook(descriptor))
                {
                    yield return descriptor;
                }
            }
        }
    }

    private static string[] DescriptorsOf(string process)
    {
        try
        {
            return Directory.GetFileSystemEntries(Path.Combine(process, "fd"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsBook(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget?.StartsWith(Link, StringComparison.Ordinal) == true;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static BookReader? TryOpen(string path)
    {
        try
        {
            return BookReader.Open(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

namespace NetmapCuse.Core.Memory;

/// <summary>Whether the kernel gives transparent huge pages to shared memory (Documentation/admin-guide/mm/transhuge.rst).</summary>
public static class SharedHugePages
{
    /// <summary>Who gets them: the word in brackets.</summary>
    public const string Setting = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";

    /// <summary>What to do where they are not given.</summary>
    public const string Remedy = "echo advise > " + Setting;

    /// <summary>The chosen word, e.g. "advise"; empty for a kernel without transparent huge pages.</summary>
    public static string Chosen
    {
        get
        {
            string text = File.Exists(Setting) ? File.ReadAllText(Setting) : "";
            int start = text.IndexOf('[', StringComparison.Ordinal) + 1;
            int end = text.IndexOf(']', StringComparison.Ordinal);
            return start > 0 && end > start ? text[start..end] : "";
        }
    }

    /// <summary>Memory that asks for huge pages can get them.</summary>
    public static bool AreGranted => Chosen is "always" or "within_size" or "advise" or "force";
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Nic;

/// <summary>The records of NICs that are not the host's now: a file each.</summary>
/// <param name="folder">/run/netmapcuse/nics; made when it is needed.</param>
internal sealed partial class NicRecords(string folder)
{
    internal const string UsualFolder = "/run/netmapcuse/nics";

    private const string Ending = ".json";

    internal IEnumerable<NicRecord> All => Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*" + Ending).Order(StringComparer.Ordinal).Select(Read).OfType<NicRecord>()
        : [];

    internal NicRecord? Find(string addressOrName) =>
        All.FirstOrDefault(record => record.Address == addressOrName || record.Interface?.Name == addressOrName);

    /// <summary>Writes it down, so that it is there whatever happens next.</summary>
    internal void Write(NicRecord record)
    {
        string path = PathOf(record.Address);
        string part = path + ".part";
        try
        {
            Directory.CreateDirectory(folder);
            using (FileStream file = File.Create(part))
            {
                JsonSerializer.Serialize(file, record, Format.Default.NicRecord);
                file.Flush(flushToDisk: true);
            }

            File.Move(part, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new PosixException($"writing {path} ({failure.Message})", Errno.Io);
        }
    }

    internal void Remove(string address) => File.Delete(PathOf(address));

    /// <summary>When a process started, in ticks since the machine did (proc(5), field 22 of stat); 0 when it is gone.</summary>
    internal static ulong StartOf(int process)
    {
        const int FieldsBehindName = 19;
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat");
        try
        {
            string text = File.ReadAllText(path);
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return ulong.Parse(fields[FieldsBehindName], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>The process that had it has ended without giving it back.</summary>
    internal static bool IsOrphan(NicRecord record) =>
        record.Holder != 0 && StartOf(record.Holder) != record.HolderStart;

    private string PathOf(string address) => Path.Combine(folder, address + Ending);

    private static NicRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), Format.Default.NicRecord);
        }
        catch (Exception failure) when (failure is JsonException or IOException)
        {
            return null;
        }
    }

    /// <summary>Reads and writes without reflection.</summary>
    [JsonSourceGenerationOptions(WriteIndented = true)]
    [JsonSerializable(typeof(NicRecord))]
    private sealed partial class Format : JsonSerializerContext;
}

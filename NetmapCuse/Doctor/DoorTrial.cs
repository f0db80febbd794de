using NetmapCuse.Core;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Transport;
using Serilog.Core;

namespace NetmapCuse.Doctor;

/// <summary>Opens a door for a moment, in a folder of its own: whether it works is best seen when it does.</summary>
internal static class DoorTrial
{
    private const ulong Bytes = 512UL << 20; // sparse

    internal static Finding Passthrough() =>
        Try("doors", "passthrough", Door.Passthrough, TransportKind.Fuse, new MemFdMemory(Bytes));

    internal static Finding PageCache() =>
        Try("doors", "page cache", Door.PageCache, TransportKind.Fuse, new DeviceFileMemory(Bytes));

    internal static Finding Uring() =>
        Try("transport", "io_uring", Door.Passthrough, TransportKind.Uring, new MemFdMemory(Bytes));

    /// <summary>A device would be seen by others, so this only looks whether the kernel lets us ask for one.</summary>
    internal static Finding Cuse()
    {
        const string Path = "/dev/cuse";
        try
        {
            File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return Finding.Yes("doors", "CUSE", Path + " can be opened");
        }
        catch (UnauthorizedAccessException)
        {
            return Finding.No("doors", "CUSE", $"{Path} is not accessible", "run as root (containers: --device /dev/cuse)");
        }
        catch (IOException)
        {
            return Finding.No(
                "doors", "CUSE", $"there is no {Path}", "modprobe cuse (CONFIG_CUSE); only needed for a character device");
        }
    }

    private static Finding Try(string area, string name, Door door, TransportKind transport, PacketMemory memory)
    {
        string folder = Directory.CreateTempSubdirectory("netmapcuse-doctor-").FullName;
        DeviceServerOptions options = new()
        {
            Path = Path.Combine(folder, "netmap"),
            Door = door,
            Transport = transport,
        };
        try
        {
            using NetmapDevice device = new(new DeviceOptions(), memory, new HostBackends { Interfaces = new SysfsInterfaces() }, Logger.None);
            using DeviceServer server = DeviceServer.Start(options, memory, device, Logger.None);
            return Finding.Yes(area, name, $"served a device over {server.TransportName}");
        }
        catch (StartException refusal)
        {
            // The messages are made as "what: remedy".
            int colon = refusal.Message.LastIndexOf(": ", StringComparison.Ordinal);
            return colon < 0
                ? Finding.No(area, name, "does not work", refusal.Message)
                : Finding.No(area, name, refusal.Message[..colon], refusal.Message[(colon + 2)..]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using NetmapCuse.Core;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Tests.Device;

/// <summary>
/// Everything that a client could leave behind in a device and in the process that serves it. The process is this one: it
/// can only be compared while no other test runs.
/// </summary>
/// <param name="Files">Open files.</param>
/// <param name="Ports">Names of the ports.</param>
/// <param name="Switches">How many switches there are.</param>
/// <param name="Regions">Users and what is free in each region.</param>
/// <param name="Threads">The daemon's threads by name, with their number.</param>
/// <param name="Descriptors">Descriptors by what they refer to, with their number.</param>
internal sealed partial record DeviceRemains(
    int Files, string Ports, int Switches, string Regions, string Threads, string Descriptors)
{
    private static readonly string[] s_threadsOfTheDaemon = ["netmap", "memory adapter", "fuse"];
    private static readonly string[] s_descriptorsOfTheDaemon = ["anon_inode:", "/memfd:", "/dev/", "/SYSV"];

    internal static DeviceRemains Look(NetmapDevice device) => device.Plane.Inspect(ports => new DeviceRemains(
        device.OpenFiles,
        string.Join(' ', ports.Ports.Select(port => port.Name).Order(StringComparer.Ordinal)),
        ports.Scopes.All.SelectMany(scope => scope.Switches).Count(one => one is not null),
        string.Join(' ', ports.Regions.All.Select(Describe)),
        Count(ThreadNames(), s_threadsOfTheDaemon),
        Count(DescriptorTargets(), s_descriptorsOfTheDaemon)));

    private static string Describe(Region region)
    {
        (uint free, uint charged, uint limbo) = region.Buffers.Audit();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{region.Id}:{region.Users} users,{region.FreeIfs} ifs,{region.FreeRings} rings,{free}+{charged}+{limbo} buffers");
    }

    private static string Count(IEnumerable<string> names, string[] prefixes) => string.Join(
        ", ",
        names.Where(name => Array.Exists(prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            .CountBy(name => name)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Value} {pair.Key}"));

    /// <summary>
    /// Without those that answer control requests, a bounded pool that grows with what is asked for at a time, and the one
    /// that waits for releases, which starts when the first is waited for.
    /// </summary>
    private static IEnumerable<string> ThreadNames() => Read(
        Directory.GetDirectories("/proc/self/task"), task => File.ReadAllText(Path.Combine(task, "comm")).Trim())
        .Where(static name => name is not ("netmap request" or "netmap control"));

    private static List<string> DescriptorTargets() => Read(
        Directory.GetFiles("/proc/self/fd"), path => Numbers().Replace(new FileInfo(path).LinkTarget ?? "", "N"));

    /// <summary>What ends while it is looked at is not there.</summary>
    private static List<string> Read(string[] paths, Func<string, string> read)
    {
        List<string> all = [];
        foreach (string path in paths)
        {
            try
            {
                all.Add(read(path));
            }
            catch (IOException)
            {
                continue;
            }
        }

        return all;
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();
}

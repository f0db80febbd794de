using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;

namespace NetmapCuse.Core.Ports;

/// <summary>The network interfaces of the machine, as far as naming rules need them.</summary>
internal interface IHostInterfaces
{
    /// <summary>
    /// The index of the interface that has exactly this name now, in a network namespace; 0 when there is none, or that cannot be
    /// told. The index is what an interface is: names go from one to another.
    /// </summary>
    int IndexOf(string name, CallerPlace place);

    /// <summary>One of the ioctls of netdevice(7), on a socket in a namespace, with the daemon's rights: the caller checks whose it is.</summary>
    /// <param name="command">Number of the ioctl.</param>
    /// <param name="request">struct ifreq, edited in place.</param>
    /// <param name="data">For SIOCETHTOOL: what ifr_data points to, edited in place.</param>
    /// <param name="place">The namespace.</param>
    /// <returns>0 or a positive errno.</returns>
    int Call(uint command, Span<byte> request, Span<byte> data, CallerPlace place) => Errno.OpNotSupp;

    /// <summary>There is an interface of this name.</summary>
    bool Exists(string name, CallerPlace place) => IndexOf(name, place) != 0;
}

/// <summary>The interfaces of the daemon's own network namespace, from sysfs.</summary>
internal sealed class SysfsInterfaces : IHostInterfaces
{
    public int IndexOf(string name, CallerPlace place)
    {
        if (!place.IsOwn || name.Length is 0 or > 15 || name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
        {
            return 0;
        }

        try
        {
            string index = File.ReadAllText($"/sys/class/net/{name}/ifindex");
            return int.TryParse(index, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : 0;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}

using System.Globalization;
using NetmapCuse.Configuration;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.VhostUser;

namespace NetmapCuse;

/// <summary>One --vhost-user: PORT=SOCKET, and what follows after commas.</summary>
/// <param name="Given">The text, and where it is from.</param>
/// <param name="Options">How the port is reached.</param>
/// <param name="Device">The device file whose switch it is on; null for the first.</param>
internal sealed record VhostSetting(Given Given, VhostOptions Options, string? Device)
{
    private const string Usage = "give PORT=SOCKET[,client][,queues=N][,mode=0660][,owner=U][,group=G][,device=PATH]";

    /// <exception cref="SettingException">It cannot be understood.</exception>
    internal static VhostSetting Parse(Given given, int watchMicroseconds)
    {
        string[] words = given.Text.Split(',');
        string[] place = words[0].Split('=', 2);
        if (place.Length != 2 || !PortName.TrySplitVale(place[0], out _, out _) || place[1].Length == 0)
        {
            throw given.Fault($"{Usage}, with a port of a switch, such as vale0:vm1");
        }

        VhostOptions options = new()
        {
            Port = place[0],
            Path = Path.GetFullPath(place[1]),
            WatchMicroseconds = watchMicroseconds,
        };
        string? device = null;
        foreach (string word in words.Skip(1))
        {
            string[] pair = word.Split('=', 2);
            string value = pair.Length == 2 ? pair[1] : string.Empty;
            (options, device) = pair[0] switch
            {
                "client" when pair.Length == 1 => (options with { IsClient = true }, device),
                "queues" => (options with { Pairs = ParseQueues(given, value) }, device),
                "mode" => (options with { Mode = ParseMode(given, value) }, device),
                "owner" => (options with { UserId = Accounts.UserId(given with { Text = value }) }, device),
                "group" => (options with { GroupId = Accounts.GroupId(given with { Text = value }) }, device),
                "device" when value.Length != 0 => (options, value),
                _ => throw given.Fault(Usage),
            };
        }

        return new VhostSetting(given, options, device);
    }

    private static int ParseQueues(Given given, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int queues) && queues is >= 1 and <= (int)Limits.ValeRingsMax
            ? queues
            : throw given.Fault($"give queues=1 to {Limits.ValeRingsMax}");

    private static uint ParseMode(Given given, string value)
    {
        const uint ModeMax = 0b111_111_111;
        try
        {
            uint mode = Convert.ToUInt32(value, 8);
            return mode <= ModeMax ? mode : throw new OverflowException();
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException or ArgumentException)
        {
            throw given.Fault("give mode= octal permissions such as 0660");
        }
    }
}

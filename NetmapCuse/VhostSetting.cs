using System.Globalization;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.VhostUser;

namespace NetmapCuse;

/// <summary>One --vhost-user: PORT=SOCKET, and what follows after commas.</summary>
/// <param name="Options">How the port is reached.</param>
/// <param name="Device">The device file whose switch it is on; null for the first.</param>
internal sealed record VhostSetting(VhostOptions Options, string? Device)
{
    private const string Usage = "give PORT=SOCKET[,client][,queues=N][,mode=0660][,owner=U][,group=G][,device=PATH]";

    /// <exception cref="SettingException">It cannot be understood.</exception>
    internal static VhostSetting Parse(string text, int watchMicroseconds)
    {
        string[] words = text.Split(',');
        string[] place = words[0].Split('=', 2);
        if (place.Length != 2 || !PortName.TrySplitVale(place[0], out _, out _) || place[1].Length == 0)
        {
            throw new SettingException($"--vhost-user {text}: {Usage}, with a port of a switch, such as vale0:vm1");
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
                "queues" => (options with { Pairs = ParseQueues(text, value) }, device),
                "mode" => (options with { Mode = ParseMode(text, value) }, device),
                "owner" => (options with { UserId = Accounts.UserId(value) }, device),
                "group" => (options with { GroupId = Accounts.GroupId(value) }, device),
                "device" when value.Length != 0 => (options, value),
                _ => throw new SettingException($"--vhost-user {text}: {Usage}"),
            };
        }

        return new VhostSetting(options, device);
    }

    private static int ParseQueues(string text, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int queues) && queues is >= 1 and <= (int)Limits.ValeRingsMax
            ? queues
            : throw new SettingException($"--vhost-user {text}: give queues=1 to {Limits.ValeRingsMax}");

    private static uint ParseMode(string text, string value)
    {
        const uint ModeMax = 0b111_111_111;
        try
        {
            uint mode = Convert.ToUInt32(value, 8);
            return mode <= ModeMax ? mode : throw new OverflowException();
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException or ArgumentException)
        {
            throw new SettingException($"--vhost-user {text}: give mode= octal permissions such as 0660");
        }
    }
}

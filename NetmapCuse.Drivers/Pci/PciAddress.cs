using System.Globalization;
using System.Text.RegularExpressions;

namespace NetmapCuse.Drivers.Pci;

/// <summary>Where a PCI function is: domain, bus, device, function, as sysfs writes it: "0000:02:00.0".</summary>
internal readonly partial record struct PciAddress
{
    private PciAddress(string text) => Text = text;

    internal string Text { get; }

    /// <summary>The digits of an address as one number, as PCI counts: domain, bus, device, function.</summary>
    internal static int NumberOf(string address)
    {
        int number = 0;
        string[] parts = address.Split(':', '.');
        ReadOnlySpan<int> bits = [16, 8, 5, 3];
        for (int i = 0; i < parts.Length && i < bits.Length; i++)
        {
            number = (number << bits[i]) | int.Parse(parts[i], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        return number;
    }

    /// <summary>Takes an address with or without its domain; null for anything else.</summary>
    internal static PciAddress? TryParse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success)
        {
            return null;
        }

        string domain = match.Groups["domain"].Success ? match.Groups["domain"].Value : "0000:";
        return new PciAddress((domain + match.Groups["rest"].Value).ToLower(CultureInfo.InvariantCulture));
    }

    public override string ToString() => Text;

    [GeneratedRegex(@"\A(?<domain>[0-9a-fA-F]{4}:)?(?<rest>[0-9a-fA-F]{2}:[01][0-9a-fA-F]\.[0-7])\z")]
    private static partial Regex Form();
}

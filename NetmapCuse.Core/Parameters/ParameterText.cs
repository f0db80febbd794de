using System.Globalization;

namespace NetmapCuse.Core.Parameters;

/// <summary>Numbers as the kernel reads parameters: decimal, 0x hexadecimal, 0 octal, one sign, one newline at the end.</summary>
internal static class ParameterText
{
    internal static bool TryParse(string text, out long value)
    {
        ReadOnlySpan<char> digits = text.EndsWith('\n') ? text.AsSpan()[..^1] : text;
        bool isNegative = digits.StartsWith("-");
        digits = isNegative || digits.StartsWith("+") ? digits[1..] : digits;
        bool parsed = TryParseDigits(digits, out value);
        value = isNegative ? -value : value;
        return parsed;
    }

    private static bool TryParseDigits(ReadOnlySpan<char> digits, out long value)
    {
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
                && digits.Length <= 2 + 15;
        }

        return digits.Length > 1 && digits[0] == '0'
            ? TryParseOctal(digits, out value)
            : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryParseOctal(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || value > long.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }
}

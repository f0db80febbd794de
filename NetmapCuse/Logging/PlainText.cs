using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;

namespace NetmapCuse.Logging;

/// <summary>
/// Keeps lines of the log what they are: much of the text in them comes from clients (names) or from the surroundings (paths,
/// reasons), and none of it may start a line of its own or move the cursor of whoever reads. A name that is not made of plain
/// letters, digits and the signs of port names is put in quotes, so that it ends where it ends.
/// </summary>
internal sealed class PlainText : ILogEventEnricher
{
    /// <summary>Properties that have a name in them which a client chose.</summary>
    private static readonly HashSet<string> s_names = new(StringComparer.Ordinal) { "Name", "First", "Second", "Switch" };

    private static readonly System.Buffers.SearchValues<char> s_plain = System.Buffers.SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:{}^@/*+-");

    /// <inheritdoc/>
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        List<LogEventProperty>? changed = null;
        foreach ((string name, LogEventPropertyValue value) in logEvent.Properties)
        {
            if (value is ScalarValue { Value: string text })
            {
                string plain = s_names.Contains(name) ? Quoted(text) : Escaped(text);
                if (plain != text)
                {
                    (changed ??= []).Add(new LogEventProperty(name, new ScalarValue(plain)));
                }
            }
        }

        changed?.ForEach(logEvent.AddOrUpdateProperty);
    }

    /// <summary>A name as it is if it is plain, else in quotes, with anything odd as \xNN.</summary>
    internal static string Quoted(string name) =>
        name.Length != 0 && !name.AsSpan().ContainsAnyExcept(s_plain)
            ? name
            : $"\"{Escape(name, static c => c is < ' ' or > '~' or '"' or '\\')}\"";

    /// <summary>A text without control characters, line separators and signs that turn the direction of writing.</summary>
    internal static string Escaped(string text) => Escape(text, IsUnseen);

    private static bool IsUnseen(char c) => char.GetUnicodeCategory(c)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;

    private static string Escape(string text, Func<char, bool> isOdd)
    {
        if (!text.Any(isOdd))
        {
            return text;
        }

        StringBuilder plain = new(text.Length + 8);
        foreach (char c in text)
        {
            _ = isOdd(c)
                ? plain.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}")
                : plain.Append(c);
        }

        return plain.ToString();
    }
}

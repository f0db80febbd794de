using System.Globalization;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace NetmapCuse.Configuration;

/// <summary>
/// From TOML to sections. Only the syntax tree of the library is used: it knows the lines, and needs no reflection.
/// </summary>
internal static class ConfigurationText
{
    /// <summary>All tables in their order, the first being what comes before any.</summary>
    internal static IReadOnlyList<ConfigurationSection> Parse(string text, string path)
    {
        DocumentSyntax document = SyntaxParser.Parse(text, path);
        foreach (DiagnosticMessage message in document.Diagnostics)
        {
            throw new SettingException($"{Place(path, message.Span)}: {message.Message}");
        }

        List<ConfigurationSection> sections = [ReadItems(string.Empty, path, path, document.KeyValues)];
        foreach (TableSyntaxBase table in document.Tables)
        {
            string name = NameOf(table.Name!);
            string place = Place(path, table.Span);
            if (!ConfigurationSchema.HasTable(name))
            {
                throw new SettingException($"{place}: there is no table {name}; there are {ConfigurationSchema.Tables}");
            }

            if (table is TableArraySyntax && !ConfigurationSchema.Repeats(name))
            {
                throw new SettingException($"{place}: write [{name}], with single brackets");
            }

            sections.Add(ReadItems(name, place, path, table.Items));
        }

        return sections;
    }

    private static ConfigurationSection ReadItems(string table, string place, string path, IEnumerable<KeyValueSyntax> items)
    {
        Dictionary<string, Given> values = new(StringComparer.Ordinal);
        Dictionary<string, IReadOnlyList<Given>> lists = new(StringComparer.Ordinal);
        foreach (KeyValueSyntax item in items)
        {
            string key = NameOf(item.Key!);
            string where = $"{Place(path, item.Span)}: {key}";
            ValueKind kind = ConfigurationSchema.Find(table, key)
                ?? throw new SettingException($"{where}: there is no such key here; there are {ConfigurationSchema.Keys(table)}");
            if (item.Value is ArraySyntax array && kind is (ValueKind.Texts or ValueKind.TextOrTexts))
            {
                lists[key] = [.. array.Items.Select(element => new Given(ReadText(element.Value, where), where))];
            }
            else
            {
                values[key] = new Given(ReadValue(item.Value, kind, where), where);
            }
        }

        return new ConfigurationSection(table, place, values, lists);
    }

    private static string ReadValue(ValueSyntax? value, ValueKind kind, string where) => kind switch
    {
        ValueKind.Number => value is IntegerValueSyntax number
            ? number.Value.ToString(CultureInfo.InvariantCulture)
            : throw new SettingException($"{where}: give a number, without quotes"),
        ValueKind.YesNo => value is BooleanValueSyntax yesNo
            ? (yesNo.Value ? "true" : "false")
            : throw new SettingException($"{where}: give true or false"),
        ValueKind.Texts => throw new SettingException($"{where}: give a list, such as [\"one\", \"two\"]"),
        _ => ReadText(value, where),
    };

    private static string ReadText(ValueSyntax? value, string where) => value is StringValueSyntax { Value: { } text }
        ? text
        : throw new SettingException($"{where}: give a text in quotes");

    private static string NameOf(KeySyntax key)
    {
        IEnumerable<BareKeyOrStringValueSyntax?> parts = [key.Key, .. key.DotKeys.Select(static dotted => dotted.Key)];
        return string.Join('.', parts.Select(static part => part switch
        {
            BareKeySyntax bare => bare.Key?.Text ?? string.Empty,
            StringValueSyntax quoted => quoted.Value ?? string.Empty,
            _ => string.Empty,
        }));
    }

    private static string Place(string path, SourceSpan span) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}:{span.Start.Line + 1}");
}

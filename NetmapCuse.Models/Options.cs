using System.Globalization;

namespace NetmapCuse.Models;

/// <summary>The command line of <see cref="Bench"/>.</summary>
internal sealed record Options
{
    internal string Folder { get; private set; } = "";

    internal string? Writes { get; private set; }

    internal int Seed { get; private set; }

    internal List<(string Chip, int Count)> Chips { get; } = [];

    internal static bool TryParse(string[] arguments, out Options options)
    {
        options = new Options();
        for (int i = 0; i < arguments.Length; i++)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--folder":
                    options.Folder = value;
                    i++;
                    break;
                case "--writes":
                    options.Writes = value;
                    i++;
                    break;
                case "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out int seed):
                    options.Seed = seed;
                    i++;
                    break;
                default:
                    if (!options.TryAddChips(arguments[i]))
                    {
                        return false;
                    }

                    break;
            }
        }

        return options.Folder.Length > 0 && options.Chips.Count > 0;
    }

    private bool TryAddChips(string text)
    {
        string[] parts = text.Split(':');
        int count = 2;
        if (parts.Length > 2 || !Models.Chips.Names.Contains(parts[0]) ||
            (parts.Length == 2 && !int.TryParse(parts[1], CultureInfo.InvariantCulture, out count)))
        {
            return false;
        }

        Chips.Add((parts[0], count));
        return true;
    }
}

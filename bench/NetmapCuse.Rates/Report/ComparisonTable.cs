using NetmapCuse.Rates.Running;
using Spectre.Console;

namespace NetmapCuse.Rates.Report;

/// <summary>Two daemons side by side.</summary>
internal static class ComparisonTable
{
    /// <summary>What is no rate: what was sent, lost and spent beside one.</summary>
    private static readonly string[] s_beside = ["/sent", "/lost", "/cpu"];

    /// <param name="ours">Figures of this daemon.</param>
    /// <param name="theirs">Figures of the other one.</param>
    /// <param name="settings">What was asked for.</param>
    /// <param name="load">Load average before.</param>
    /// <param name="took">How long it took.</param>
    internal static void Print(Results ours, Results theirs, RatesSettings settings, double load, TimeSpan took)
    {
        Table table = new Table().Title($"{Markup.Escape(DaemonProcess.Ours)} against {Markup.Escape(settings.Against!)}").MinimalBorder();
        table.AddColumn(new TableColumn("what").NoWrap()).AddColumn("unit");
        foreach (string title in (string[])["this", "other", "ratio", "lowest", "highest"])
        {
            table.AddColumn(new TableColumn(title).RightAligned());
        }

        double least = double.MaxValue;
        foreach (Series one in ours.All.Where(static one => !s_beside.Any(end => one.Name.EndsWith(end, StringComparison.Ordinal))))
        {
            if (theirs.Find(one.Name) is { } other && Ratios(one, other) is { Length: > 0 } ratios)
            {
                double ratio = ratios[ratios.Length / 2];
                least = Math.Min(least, ratio);
                table.AddRow(
                    Markup.Escape(one.Name), Markup.Escape(one.Unit), Numbers.Text(one.Median), Numbers.Text(other.Median),
                    Numbers.Text(ratio), Numbers.Text(ratios[0]), Numbers.Text(ratios[^1]));
            }
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 132);
        AnsiConsole.Write(table);
        foreach ((string name, string reason) in ours.Failures.Concat(theirs.Failures))
        {
            AnsiConsole.WriteLine($"not in all rounds: {name}: {reason}");
        }

        AnsiConsole.WriteLine(
            $"{Machine.Text}; load average {load:0.00} before, {Machine.LoadAverage:0.00} after; {settings.Rounds} rounds, "
            + $"{took.TotalSeconds:0} s; lowest median ratio {Numbers.Text(least)}");
    }

    /// <summary>Of runs that came right after one another, in ascending order.</summary>
    private static double[] Ratios(Series one, Series other) =>
        [.. one.Values.Zip(other.Values).Where(static pair => pair.Second > 0).Select(static pair => pair.First / pair.Second).Order()];
}

using NetmapCuse.Rates.Running;
using Spectre.Console;

namespace NetmapCuse.Rates.Report;

/// <summary>The figures on the terminal.</summary>
internal static class ResultTables
{
    private const int Width = 132;
    private static readonly string[] s_beside = ["/sent", "/lost", "/cpu"];

    internal static void Print(Results results, RunFacts facts)
    {
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, Width);
        AnsiConsole.Write(Figures(results));
        AnsiConsole.Write(AgainstPeers(results));
        AnsiConsole.Write(Held(results));
        foreach ((string name, string reason) in results.Failures)
        {
            bool sometimes = results.All.Any(s => s.Name.StartsWith(name, StringComparison.Ordinal));
            string what = sometimes ? "not in all rounds" : "not measured";
            AnsiConsole.MarkupLine($"[yellow]{what}[/] {Markup.Escape(name)}: {Markup.Escape(reason)}");
        }

        AnsiConsole.WriteLine(
            $"{Machine.Text}; load average {facts.LoadBefore:0.00} before, {facts.LoadAfter:0.00} after; "
            + $"{facts.Rounds} rounds, {facts.Took.TotalSeconds:0} s");
    }

    /// <summary>The limit that a series is held against, or null.</summary>
    internal static string? LimitOf(string name)
    {
        string[] parts = name.Split('/');
        return parts[0] switch
        {
            "vale" or "idle-ports" or "open-descriptors" when name.Contains("B/batch", StringComparison.Ordinal)
                => $"limit/copy/{parts[2]}",
            "pipe" => $"limit/swap/{parts[1]}",
            "sync" or "poll" => "limit/roundtrip",
            "wakeup" => $"limit/wakeup-eventfd/{parts[2]}",
            _ => null,
        };
    }

    private static Table Figures(Results results)
    {
        Table table = Titled("Figures: median, lowest and highest round; what was sent, lost and spent beside rates");
        table.AddColumn(new TableColumn("what").NoWrap()).AddColumn(new TableColumn("unit").NoWrap());
        foreach (string title in (string[])["median", "low", "high", "of limit", "sent", "lost %", "CPU s/Mpkt"])
        {
            table.AddColumn(new TableColumn(title).RightAligned());
        }

        foreach (Series series in results.All.Where(s => !IsBeside(results, s.Name)))
        {
            string? limit = LimitOf(series.Name);
            List<string> cells =
            [
                Markup.Escape(series.Name), Markup.Escape(series.Unit), Numbers.Text(series.Median),
                Numbers.Text(series.Low), Numbers.Text(series.High),
                limit is null ? "" : Numbers.Times(results.Ratio(series.Name, limit)),
            ];
            cells.AddRange(s_beside.Select(b => results.Find(series.Name + b) is { } s ? Numbers.Text(s.Median) : ""));
            table.AddRow([.. cells]);
        }

        return table;
    }

    private static bool IsBeside(Results results, string name)
    {
        string? suffix = s_beside.FirstOrDefault(b => name.EndsWith(b, StringComparison.Ordinal));
        return suffix is not null && results.Find(name[..^suffix.Length]) is not null;
    }

    private static Table AgainstPeers(Results results)
    {
        // Programs at one end of a link are compared with the same end of ours, under "Figures to hold".
        Series[] peers = [.. results.All.Where(
            s => s.Name.StartsWith("peer/", StringComparison.Ordinal) && !s.Name.Contains("-link/", StringComparison.Ordinal))];
        Table table = Titled("How many times a peer: ours / peer");
        table.AddColumn("peer").AddColumn(new TableColumn("Mpps").RightAligned());
        table.AddColumn(new TableColumn("VALE").RightAligned()).AddColumn(new TableColumn("pipe").RightAligned());
        foreach (Series peer in peers)
        {
            string length = peer.Name.Split('/')[^1];
            bool slotsOnly = peer.Name.Contains("dpdk-ring", StringComparison.Ordinal); // it never looks at packets
            string pipe = $"pipe/1024slots/{length}/batch1024{(slotsOnly ? "/untouched" : "")}";
            table.AddRow(
                Markup.Escape(peer.Name),
                Numbers.Text(peer.Median),
                slotsOnly ? "" : Numbers.Times(results.Ratio($"vale/1to1/{length}/batch1024", peer.Name)),
                Numbers.Times(results.Ratio(pipe, peer.Name)));
        }

        return table;
    }

    private static Table Held(Results results)
    {
        Table table = Titled("Figures to hold");
        table.AddColumn("what").AddColumn(new TableColumn("required").RightAligned());
        table.AddColumn(new TableColumn("measured").RightAligned()).AddColumn("");
        foreach (Requirement requirement in Requirement.All)
        {
            double? value = requirement.Value(results);
            string verdict = value is not { } v ? "" : requirement.Holds(v) ? "[green]holds[/]" : "[red]short[/]";
            table.AddRow(
                Markup.Escape(requirement.What),
                (requirement.AtLeast ? ">= " : "<= ") + Numbers.Text(requirement.Bound),
                value is { } measured ? Numbers.Text(measured) : "not measured",
                verdict);
        }

        return table;
    }

    private static Table Titled(string title)
    {
        return new Table { Title = new TableTitle(title), Border = TableBorder.Simple };
    }
}

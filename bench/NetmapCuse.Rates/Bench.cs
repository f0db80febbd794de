using System.Diagnostics;
using System.Runtime.InteropServices;
using NetmapCuse.Rates.Report;
using NetmapCuse.Rates.Running;
using NetmapCuse.Rates.Scenarios;
using Spectre.Console;

namespace NetmapCuse.Rates;

/// <summary>The whole run: rounds of all scenarios, so that what the machine does meanwhile hits all alike.</summary>
internal static class Bench
{
    private static volatile bool s_stop;

    /// <returns>Exit code: 0, or 1 if the daemon cannot be started or has died, or the run was interrupted.</returns>
    internal static int Run(RatesSettings settings)
    {
        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        double load = Machine.LoadAverage;
        AnsiConsole.WriteLine($"{Machine.Text}; load average {load:0.00}");
        if (load > Machine.HighLoad * Machine.Cpus)
        {
            AnsiConsole.MarkupLine("[yellow]Other work keeps this machine busy: the figures below are too low.[/]");
        }

        try
        {
            Results results = new();
            Stopwatch watch = Stopwatch.StartNew();
            if (settings.Against is { } other)
            {
                Results others = new();
                Compare(settings, other, results, others);
                ComparisonTable.Print(results, others, settings, load, watch.Elapsed);
                return s_stop ? 1 : 0;
            }

            Measure(settings, results);
            RunFacts facts = new(
                load, Machine.LoadAverage, watch.Elapsed, settings.Quick, settings.Rounds, settings.Seconds);
            Output(settings, results, facts);
            return s_stop ? 1 : 0;
        }
        catch (BenchException e)
        {
            AnsiConsole.WriteLine(e.Message);
            return 1;
        }
    }

    private static void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        s_stop = true;
    }

    private static void Measure(RatesSettings settings, Results results)
    {
        Scenario[] scenarios = [.. Catalogue.All(settings.Quick).Where(s => Wanted(settings, s))];
        using DaemonProcess daemon = DaemonProcess.Start(settings.ServeOptions);
        Lab lab = new(daemon, results, settings);
        int total = scenarios.Length * settings.Rounds, done = 0;
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach (Scenario scenario in scenarios)
            {
                if (s_stop)
                {
                    return;
                }

                Progress($"{++done}/{total} {scenario.Name}");
                RunOne(scenario, lab);
            }
        }

        Progress("");
    }

    /// <summary>
    /// Two daemons, and both measure the same thing right after one another, who comes first changing from round to round: what the
    /// machine does meanwhile, and what comes before, is the same for both.
    /// </summary>
    private static void Compare(RatesSettings settings, string other, Results ours, Results theirs)
    {
        Scenario[] scenarios = [.. Catalogue.Compared().Where(s => Wanted(settings, s))];
        using DaemonProcess first = DaemonProcess.Start([.. settings.ServeOptions, "--run-dir", ""]);
        using DaemonProcess second = DaemonProcess.Start([.. settings.ServeOptions, "--run-dir", ""], other);
        Lab[] labs = [new(first, ours, settings), new(second, theirs, settings)];
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach ((int index, Scenario scenario) in scenarios.Index())
            {
                foreach (int turn in (int[])[0, 1])
                {
                    if (s_stop)
                    {
                        return;
                    }

                    Progress($"round {round + 1}: {scenario.Name}");
                    RunOne(scenario, labs[(round + index + turn) % labs.Length]);
                }
            }
        }

        Progress("");
    }

    private static bool Wanted(RatesSettings settings, Scenario scenario)
    {
        return settings.Only.Length == 0
            || settings.Only.Any(w => scenario.Name.Contains(w, StringComparison.Ordinal));
    }

    private static void RunOne(Scenario scenario, Lab lab)
    {
        try
        {
            scenario.Run(lab);
        }
        catch (BenchException e)
        {
            lab.Results.Fail(scenario.Name, e.Message);
        }

        if (!lab.Daemon.Alive)
        {
            throw new BenchException($"the daemon died while {scenario.Name} ran: {lab.Daemon.LastWords}");
        }
    }

    /// <summary>One line that is written over again; nothing where the output is not a terminal.</summary>
    private static void Progress(string text)
    {
        if (!Console.IsOutputRedirected)
        {
            Console.Write($"\r{text,-70}\r");
        }
    }

    /// <summary>The tables; and the files too, unless the run was interrupted: they replace those of a whole one.</summary>
    private static void Output(RatesSettings settings, Results results, RunFacts facts)
    {
        ResultTables.Print(results, facts);
        if (s_stop)
        {
            return;
        }

        Directory.CreateDirectory(settings.ResultsFolder);
        JsonFile.WriteResults(Path.Combine(settings.ResultsFolder, "rates.json"), results);
        JsonFile.WriteMachine(Path.Combine(settings.ResultsFolder, "machine.json"), facts, results);
        if (settings.JsonFile is not null)
        {
            JsonFile.WriteResults(settings.JsonFile, results);
        }

        Charts.Write(settings.ResultsFolder, results, facts);
    }
}

using System.CommandLine;
using NetmapCuse.Rates;

Option<bool> quick = new("--quick")
{
    Description = "About one minute instead of about ten: fewer sizes, shorter runs",
};
Option<string?> json = new("--json") { Description = "Also write the figures to this file" };
Option<string> only = new("--only")
{
    Description = "Run only what has one of these words, separated by commas, in its name",
    DefaultValueFactory = _ => "",
};
Option<int?> rounds = new("--rounds") { Description = "Repetitions (5, or 2 with --quick)" };
Option<double?> seconds = new("--seconds") { Description = "Length of one run (0.6, or 0.15 with --quick)" };
Option<string> results = new("--results")
{
    Description = "Folder for rates.json, machine.json and the charts",
    DefaultValueFactory = _ => "bench/results",
};
Option<string[]> serve = new("--serve-option")
{
    Description = "An option for 'netmapcuse serve', e.g. --serve-option=--spin-us=0; may be repeated",
    DefaultValueFactory = _ => [],
};
Option<string?> against = new("--against")
{
    Description = "Another netmapcuse (the file) to compare with: both serve, and take turns in each round; prints ratios, writes no charts",
};
RootCommand root = new("Measures netmapcuse, what else one could use, and the limit; run from the root of the sources.")
{
    quick, json, only, rounds, seconds, results, serve, against,
};
root.SetAction(parsed => Bench.Run(new RatesSettings
{
    Quick = parsed.GetValue(quick),
    JsonFile = parsed.GetValue(json),
    Only = parsed.GetValue(only)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
    Rounds = parsed.GetValue(rounds) ?? (parsed.GetValue(quick) ? 2 : 5),
    Seconds = parsed.GetValue(seconds) ?? (parsed.GetValue(quick) ? 0.15 : 0.6),
    ResultsFolder = parsed.GetValue(results)!,
    ServeOptions = parsed.GetValue(serve)!,
    Against = parsed.GetValue(against),
}));
return root.Parse(args).Invoke();

using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>One program that reports everything itself.</summary>
/// <param name="name">Name of the figure, or beginning of the names.</param>
/// <param name="seconds">How long the program runs, as a multiple of the length of a run.</param>
/// <param name="words">The program and its arguments; -t is added.</param>
/// <param name="figures">What to take from its report.</param>
internal sealed class CommandScenario(string name, double seconds, string[] words, params Figure[] figures)
    : Scenario(name)
{
    internal override void Run(Lab lab)
    {
        double time = seconds * lab.Seconds;
        Outcome outcome = Client.Run(lab.Device, time + 8, [.. words, "-t", Lab.Text(time)]);
        foreach (Figure figure in figures)
        {
            lab.Results.Add(Name + figure.Suffix, figure.Unit, outcome.Number(figure.Field));
        }
    }
}

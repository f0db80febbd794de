using System.Globalization;
using System.Security;
using System.Text;

namespace NetmapCuse.Rates.Report;

/// <summary>A chart with labels along the x axis and a logarithmic y axis, as lines or as groups of bars.</summary>
internal sealed class SvgChart(string title, string subtitle, string unit, string[] labels, Plot[] plots)
{
    private const double Width = 860, Height = 440, Left = 64, Right = 190, Top = 58, Bottom = 44;
    private static readonly string[] s_colours =
        ["#1b6ca8", "#d1495b", "#3a7d44", "#edae49", "#6a4c93", "#5c6770", "#00a6a6", "#9c6644"];

    private readonly StringBuilder _svg = new();
    private readonly double _low = Math.Pow(10, Math.Floor(Math.Log10(Values(plots).Min())));
    private readonly double _high = Math.Pow(10, Math.Ceiling(Math.Log10(Values(plots).Max() * 1.01)));

    private double Step => (Width - Left - Right) / labels.Length;

    internal static bool CanDraw(Plot[] plots) => Values(plots).Any();

    internal string Lines()
    {
        Begin();
        for (int p = 0; p < plots.Length; p++)
        {
            string colour = s_colours[p % s_colours.Length];
            List<string> points = [];
            for (int i = 0; i < labels.Length; i++)
            {
                if (plots[p].Values[i] is not { } value || value <= 0)
                {
                    continue;
                }

                points.Add($"{Text(Middle(i))},{Text(Y(value))}");
                Add($"<circle cx=\"{Text(Middle(i))}\" cy=\"{Text(Y(value))}\" r=\"3\" fill=\"{colour}\"/>");
            }

            string path = string.Join(' ', points);
            Add($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        }

        return End();
    }

    internal string Bars()
    {
        Begin();
        double bar = Step * 0.85 / plots.Length;
        for (int p = 0; p < plots.Length; p++)
        {
            for (int i = 0; i < labels.Length; i++)
            {
                if (plots[p].Values[i] is not { } value || value <= 0)
                {
                    continue;
                }

                double x = Middle(i) - (Step * 0.425) + (p * bar), y = Y(value);
                string size = $"width=\"{Text(bar * 0.92)}\" height=\"{Text(Y(_low) - y)}\"";
                Add($"<rect x=\"{Text(x)}\" y=\"{Text(y)}\" {size} "
                    + $"fill=\"{s_colours[p % s_colours.Length]}\"><title>{Numbers.Text(value)}</title></rect>");
                Label(x + (bar * 0.46), y - 3, Numbers.Text(value), "middle", 9);
            }
        }

        return End();
    }

    private static IEnumerable<double> Values(Plot[] plots)
    {
        return plots.SelectMany(p => p.Values).Where(v => v > 0).Select(v => v!.Value);
    }

    private static string Text(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private double Middle(int label) => Left + ((label + 0.5) * Step);

    private double Y(double value)
    {
        double share = Math.Log10(value / _low) / Math.Log10(_high / _low);
        return Height - Bottom - (share * (Height - Top - Bottom));
    }

    private void Begin()
    {
        _svg.Clear();
        Add("<svg xmlns=\"http://www.w3.org/2000/svg\" font-family=\"sans-serif\" "
            + $"width=\"{Width}\" height=\"{Height}\">");
        Add($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>");
        Label(Left, 22, title, "start", 15);
        Label(Left, 40, subtitle, "start", 10);
        for (double value = _low; value <= _high * 1.001; value *= 10)
        {
            string y = Text(Y(value));
            Add($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#ddd\"/>");
            string tick = value.ToString("0.####", CultureInfo.InvariantCulture);
            Label(Left - 6, Y(value) + 4, tick, "end", 11);
        }

        Label(Left - 6, Top - 8, unit, "end", 11);
        for (int i = 0; i < labels.Length; i++)
        {
            Label(Middle(i), Height - Bottom + 18, labels[i], "middle", 11);
        }
    }

    private string End()
    {
        for (int p = 0; p < plots.Length; p++)
        {
            double y = Top + (p * 18);
            string colour = s_colours[p % s_colours.Length];
            Add($"<rect x=\"{Width - Right + 14}\" y=\"{y}\" width=\"11\" height=\"11\" fill=\"{colour}\"/>");
            Label(Width - Right + 30, y + 10, plots[p].Name, "start", 11);
        }

        Add("</svg>");
        return _svg.ToString();
    }

    private void Label(double x, double y, string text, string anchor, int size)
    {
        Add($"<text x=\"{Text(x)}\" y=\"{Text(y)}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"#222\">"
            + $"{SecurityElement.Escape(text)}</text>");
    }

    private void Add(string line) => _svg.Append(line).Append('\n');
}

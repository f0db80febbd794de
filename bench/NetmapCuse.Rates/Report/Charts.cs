using System.Globalization;
using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Report;

/// <summary>The three pictures: rate by batch, rate by frame size, latency.</summary>
internal static class Charts
{
    private static readonly string[] s_peers =
        ["tpacket_v3-veth", "af_xdp-veth", "kernel-bridge", "seqpacket", "dpdk-memif"];

    internal static void Write(string folder, Results results, RunFacts facts)
    {
        string where = $"{Machine.Text}, {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, "
            + $"median of {facts.Rounds}, load {Numbers.Text(facts.LoadBefore)}";
        Func<SvgChart> byBatch = ByBatch(results, where, out Plot[] batches);
        Func<SvgChart> bySize = BySize(results, where, out Plot[] sizes);
        Func<SvgChart> latency = Latency(results, where, out Plot[] times);
        Draw(Path.Combine(folder, "rate-by-batch.svg"), byBatch, batches, bars: false);
        Draw(Path.Combine(folder, "rate-by-size.svg"), bySize, sizes, bars: true);
        Draw(Path.Combine(folder, "latency.svg"), latency, times, bars: true);
    }

    private static void Draw(string path, Func<SvgChart> chart, Plot[] plots, bool bars)
    {
        if (SvgChart.CanDraw(plots))
        {
            File.WriteAllText(path, bars ? chart().Bars() : chart().Lines());
        }
    }

    private static Func<SvgChart> ByBatch(Results results, string where, out Plot[] plots)
    {
        int[] all = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
        string[] labels = [.. all.Where(b => results.Find($"vale/1to1/60B/batch{b}") is not null)
            .Select(b => b.ToString(CultureInfo.InvariantCulture))];
        Plot[] found =
        [
            Collect(results, "pipe, 60 bytes", labels, b => $"pipe/1024slots/60B/batch{b}"),
            Collect(results, "VALE, 60 bytes", labels, b => $"vale/1to1/60B/batch{b}"),
            Collect(results, "VALE, 1514 bytes", labels, b => $"vale/1to1/1514B/batch{b}"),
        ];
        plots = found;
        return () => new SvgChart("Rate by batch: one sender, one receiver", where, "Mpps", labels, found);
    }

    private static Func<SvgChart> BySize(Results results, string where, out Plot[] plots)
    {
        string[] labels = ["60B", "256B", "1514B"];
        Plot[] found =
        [
            Collect(results, "pipe", labels, l => $"pipe/1024slots/{l}/batch1024"),
            Collect(results, "VALE", labels, l => $"vale/1to1/{l}/batch1024"),
            .. s_peers.Select(p => Collect(results, p, labels, l => $"peer/{p}/{l}")),
            Collect(results, "limit: copy loop", labels, l => $"limit/copy/{l}"),
        ];
        plots = found;
        return () => new SvgChart("Rate by frame size", where, "Mpps", ["60 bytes", "256 bytes", "1514 bytes"], found);
    }

    private static Func<SvgChart> Latency(Results results, string where, out Plot[] plots)
    {
        string[] labels = ["min", "median", "p99", "p999", "max"];
        (string Name, string Title)[] what =
        [
            ("wakeup/vale", "VALE, wake-up"), ("wakeup/pipe", "pipe, wake-up"),
            ("limit/wakeup-eventfd", "eventfd, wake-up"),
            ("pingpong/vale", "VALE, round trip"), ("pingpong/pipe", "pipe, round trip"),
        ];
        Plot[] found = [.. what.Select(w => Collect(results, w.Title, labels, l => $"{w.Name}/{l}"))];
        plots = found;
        return () => new SvgChart(
            "Latency of one frame, receivers in poll", where, "us", ["min", "median", "99 %", "99.9 %", "max"], found);
    }

    private static Plot Collect(Results results, string title, string[] labels, Func<string, string> nameOf)
    {
        return new Plot(title, [.. labels.Select(l => results.Find(nameOf(l))?.Median)]);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NetmapCuse.Rates.Running;

/// <summary>A program under the watch of out/bench/bounded, which kills it when its time is over.</summary>
internal sealed class Client : IDisposable
{
    private static readonly TimeSpan s_bindPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_sayPatience = TimeSpan.FromSeconds(15);
    private readonly string _command;
    private readonly Process _process;
    private readonly ManualResetEventSlim _said = new();
    private readonly StringBuilder _text = new();
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private Client(string command, Process process)
    {
        _command = command;
        _process = process;
        _output = OnThread(ReadOutput);
        _errors = OnThread(process.StandardError.ReadToEnd);
    }

    /// <param name="device">Value of NETMAP_DEVICE for the program.</param>
    /// <param name="seconds">Time after which it is killed.</param>
    /// <param name="words">The program and its arguments.</param>
    internal static Client Start(string device, double seconds, params IEnumerable<string> words)
    {
        ProcessStartInfo info = new("out/bench/bounded")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["NETMAP_DEVICE"] = device;
        info.ArgumentList.Add("-i");
        info.ArgumentList.Add(seconds.ToString("0.###", CultureInfo.InvariantCulture));
        foreach (string word in words)
        {
            info.ArgumentList.Add(word);
        }

        Process process = Process.Start(info) ?? throw new BenchException("out/bench/bounded does not start");
        return new Client(string.Join(' ', words.Select(w => Path.GetFileName(w))), process);
    }

    internal bool Running => !_process.HasExited;

    /// <summary>What it has printed up to now.</summary>
    internal string Output
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    internal static Outcome Run(string device, double seconds, params IEnumerable<string> words)
    {
        using Client client = Start(device, seconds, words);
        return client.Wait();
    }

    /// <summary>Until the program has the device mapped so many times: it has bound its ports.</summary>
    internal void WaitBound(string device, int mappings = 1)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (watch.Elapsed < s_bindPatience && !_process.HasExited)
        {
            if (ProcFile.Child(_process.Id) is { } child && ProcFile.Mappings(child, device) >= mappings)
            {
                return;
            }

            Thread.Sleep(2);
        }

        if (!_process.HasExited)
        {
            throw new BenchException($"{_command}: not bound after {s_bindPatience.TotalSeconds} s");
        }
    }

    /// <summary>Until the program has printed a line: that it is ready.</summary>
    internal void WaitSaid()
    {
        if (!_said.Wait(s_sayPatience) || _process.HasExited)
        {
            string said = _process.HasExited ? _errors.Result.Trim() : "not ready";
            throw new BenchException($"{_command}: {said}");
        }
    }

    /// <summary>Asks the program to end: its watcher sends SIGTERM when the watcher's input ends.</summary>
    internal void End() => _process.StandardInput.Close();

    internal Outcome Wait()
    {
        _process.WaitForExit();
        string[] lines = _output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        JsonElement[] reports = [.. lines.Where(l => l.StartsWith('{')).Select(Parse)];
        bool watched = reports.Length > 0 && reports[^1].TryGetProperty("cpu_seconds", out _);
        JsonElement? watch = watched ? reports[^1] : null;
        return new Outcome(
            _command,
            reports.Length > 1 ? reports[^2] : null,
            _output.Result,
            _errors.Result,
            watch?.GetProperty("cpu_seconds").GetDouble() ?? 0,
            watch?.GetProperty("killed").GetInt32() == 1);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            int? child = ProcFile.Child(_process.Id);
            _process.Kill();
            _process.WaitForExit();
            WaitGone(child);
        }

        _process.Dispose();
        _said.Dispose();
    }

    /// <summary>The program dies with its watcher, but not at once, and must not disturb what comes next.</summary>
    private static void WaitGone(int? pid)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (pid is not null && Directory.Exists($"/proc/{pid}") && watch.Elapsed.TotalSeconds < 2)
        {
            Thread.Sleep(5);
        }
    }

    /// <summary>Not on the thread pool, where dozens of waiting readers make the next one wait for seconds.</summary>
    private static Task<string> OnThread(Func<string> read)
    {
        return Task.Factory.StartNew(
            read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private string ReadOutput()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            lock (_text)
            {
                _text.Append(line).Append('\n');
            }

            _said.Set();
        }

        return Output;
    }

    private static JsonElement Parse(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}

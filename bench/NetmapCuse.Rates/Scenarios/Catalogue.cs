namespace NetmapCuse.Rates.Scenarios;

/// <summary>All that is measured.</summary>
internal static class Catalogue
{
    private const string Beside = "02:00:00:00:00:ee";
    private static readonly Figure[] s_latency =
    [
        new("min_us", "us", "/min"), new("median_us", "us", "/median"), new("p99_us", "us", "/p99"),
        new("p999_us", "us", "/p999"), new("max_us", "us", "/max"),
    ];

    internal static IEnumerable<Scenario> All(bool quick)
    {
        return
        [
            .. Limits(quick), .. Vale(quick), .. Peers(quick), .. Links(quick), .. Pipes(quick), .. Bridges(quick), .. Waiting(quick),
            .. Crowds(quick), new StartScenario(), new MemoryScenario(),
        ];
    }

    /// <summary>What two daemons are compared by: the data path of switches, pipes and interfaces.</summary>
    internal static IEnumerable<Scenario> Compared()
    {
        foreach (int length in (int[])[60, 1514])
        {
            foreach (int batch in (int[])[1, 64, 256, 1024])
            {
                yield return OneToOne(length, batch);
                yield return Pipe(length, 1024, batch);
            }
        }

        foreach (Scenario link in Links(quick: true).Where(static link => link.Name.StartsWith("nic/", StringComparison.Ordinal)))
        {
            yield return link;
        }
    }

    private static int[] Batches(bool quick)
    {
        return quick ? [1, 8, 64, 256] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
    }

    private static IEnumerable<Scenario> Limits(bool quick)
    {
        foreach (int length in (int[])[60, 256, 1514])
        {
            string bytes = Lab.Text(length);
            yield return Work($"limit/copy/{length}B", "copy", "-l", bytes);
            if (!quick || length == 60)
            {
                yield return Work($"limit/write-copy-read/{length}B", "pass", "-l", bytes);
            }
        }

        yield return Work("limit/swap/1024slots", "swap", "-C", "1024");
        yield return Work("limit/swap/4096slots", "swap", "-C", "4096");
    }

    private static CommandScenario Work(string name, string kind, params string[] more)
    {
        return new(name, 0.5, ["out/bench/work", "-f", kind, "-a", Lab.SenderCpu, .. more], new Figure("mpps", "Mpps"));
    }

    private static IEnumerable<Scenario> Vale(bool quick)
    {
        foreach (int length in (int[])[60, 256, 1514])
        {
            yield return OneToOne(length, 1024);
        }

        foreach (int batch in Batches(quick))
        {
            yield return OneToOne(60, batch);
            if (!quick && batch >= 8)
            {
                yield return OneToOne(1514, batch);
            }
        }

        yield return OneToOne(65000, 31);
        yield return ZeroCopy(60, 512);
        yield return ZeroCopy(1514, 512);
        foreach (int length in (int[])(quick ? [60] : [60, 1514]))
        {
            yield return Flood(length);
            yield return Many(length);
            yield return Pairs(length);
        }
    }

    private static TrafficScenario OneToOne(int length, int batch)
    {
        return new($"vale/1to1/{length}B/batch{batch}")
        {
            Senders = [new("vale0:s", Beside)],
            Receivers = [new("vale0:r", Beside)],
            Length = length,
            Batch = batch,
        };
    }

    /// <summary>Ports of one region on a switch that exchanges their buffers (parameter vale_zerocopy).</summary>
    private static ServedScenario ZeroCopy(int length, int batch)
    {
        TrafficScenario traffic = new($"vale/zerocopy/{length}B/batch{batch}")
        {
            Senders = [new("vale0:s@1", Beside)],
            Receivers = [new("vale0:r@1", Beside)],
            Length = length,
            Batch = batch,
        };
        return new ServedScenario(traffic, "--set=vale_zerocopy=1");
    }

    private static TrafficScenario Flood(int length)
    {
        return new($"vale/1to8-flood/{length}B/batch1024")
        {
            Senders = [new("vale0:s")],
            Receivers = [.. Enumerable.Range(0, 8).Select(i => new Receiver($"vale0:r{i}"))],
            Length = length,
            Copies = 8,
        };
    }

    private static TrafficScenario Many(int length)
    {
        return new($"vale/8to1/{length}B/batch1024")
        {
            Senders = [.. Enumerable.Range(0, 8).Select(i => new Sender($"vale0:s{i}", Beside))],
            Receivers = [new("vale0:r", Beside)],
            Length = length,
        };
    }

    private static TrafficScenario Pairs(int length)
    {
        static string Address(int i) => $"02:00:00:00:01:{i:x2}";
        return new($"vale/16pairs/{length}B/batch1024")
        {
            Senders = [.. Enumerable.Range(0, 16).Select(i => new Sender($"vale0:s{i}", Address(i)))],
            Receivers = [.. Enumerable.Range(0, 16).Select(i => new Receiver($"vale0:r{i}", Address(i)))],
            Length = length,
        };
    }

    private static IEnumerable<Scenario> Pipes(bool quick)
    {
        foreach (int length in (int[])[60, 256, 1514])
        {
            yield return Pipe(length, 1024, 1024);
        }

        yield return Pipe(60, 4096, 4096);
        yield return Pipe(60, 1024, 1024, touch: false);
        yield return Pipe(60, 4096, 4096, touch: false);
        if (!quick)
        {
            yield return Pipe(1514, 4096, 4096);
        }

        foreach (int batch in quick ? [1, 64, 256, 512] : Batches(quick))
        {
            yield return Pipe(60, 1024, batch);
        }
    }

    private static TrafficScenario Pipe(int length, int slots, int batch, bool touch = true)
    {
        return new($"pipe/{slots}slots/{length}B/batch{batch}{(touch ? "" : "/untouched")}")
        {
            Senders = [new("vale0:p{1")],
            Receivers = [new("vale0:p}1")],
            Length = length,
            Slots = slots == 1024 ? 0 : slots,
            Batch = batch,
            Touch = touch,
        };
    }

    private static IEnumerable<Scenario> Bridges(bool quick)
    {
        yield return Chain(1);
        if (!quick)
        {
            yield return Chain(3);
        }

        foreach (string kind in (string[])["copy", "swap"])
        {
            string region = kind == "swap" ? "@1" : "";
            yield return new TrafficScenario($"bridge/vale-vale/{kind}/60B")
            {
                Senders = [new("vale1:s")],
                Receivers = [new("vale2:r")],
                Bridges = [["vale1:b" + region, "vale2:b" + region]],
                Swapping = kind == "swap",
            };
        }
    }

    /// <summary>Pipes one behind the other, with bridges that exchange buffers between them.</summary>
    private static TrafficScenario Chain(int bridges)
    {
        return new($"pipe-chain/{bridges}bridge{(bridges > 1 ? "s" : "")}/60B")
        {
            Senders = [new("vale0:p{1")],
            Receivers = [new($"vale0:p}}{bridges + 1}")],
            Swapping = true,
            Bridges = [.. Enumerable.Range(1, bridges).Select(i => (string[])[$"vale0:p}}{i}", $"vale0:p{{{i + 1}"])],
        };
    }

    private static IEnumerable<Scenario> Peers(bool quick)
    {
        (string Name, string[] Words)[] peers =
        [
            ("tpacket_v3-veth", ["out/bench/peer-packet", "-f", "veth"]),
            ("kernel-bridge", ["out/bench/peer-packet", "-f", "bridge"]),
            ("af_xdp-veth", ["out/bench/peer-xdp"]),
            ("seqpacket", ["out/bench/peer-seqpacket"]),
        ];
        foreach (int length in (int[])[60, 256, 1514])
        {
            foreach ((string name, string[] words) in peers)
            {
                string[] shape = ["-l", Lab.Text(length), "-a", Lab.ReceiverCpu, "-b", Lab.SenderCpu];
                yield return new CommandScenario(
                    $"peer/{name}/{length}B", 1, [.. words, .. shape], new Figure("mpps", "Mpps"));
            }

            if (!quick || length == 60)
            {
                yield return new TestpmdScenario("memif", length);
            }
        }

        yield return new TestpmdScenario("ring", 60);
    }

    /// <summary>Linux interfaces: all rows of a direction have the same program at the other end.</summary>
    private static IEnumerable<Scenario> Links(bool quick)
    {
        (string Name, LinkEnd End)[] ends =
            [("nic", LinkEnd.Netmap), ("peer/af_xdp-link", LinkEnd.Xdp), ("peer/af_packet-link", LinkEnd.Packet)];
        foreach (int length in (int[])[60, 1514])
        {
            foreach ((string name, LinkEnd end) in ends)
            {
                yield return new LinkScenario($"{name}/rx/{length}B", LinkEnd.Xdp, end, length);
                yield return new LinkScenario($"{name}/tx/{length}B", end, LinkEnd.Xdp, length);
            }

            if (!quick || length == 60)
            {
                yield return new LinkScenario($"peer/kernel-bridge-link/{length}B", LinkEnd.Xdp, LinkEnd.Xdp, length)
                {
                    Bridged = true,
                };
            }
        }
    }

    private static IEnumerable<Scenario> Waiting(bool quick)
    {
        yield return Call("limit/roundtrip", "unbound");
        yield return Call("sync/tx-empty", "txsync");
        yield return Call("sync/rx-empty", "rxsync");
        yield return Call("poll/ready", "poll");
        yield return Call("poll/nothing", "pollin");
        double length = quick ? 2 : 8;
        string[] wakeup = ["out/bench/wakeup", "-a", Lab.ReceiverCpu, "-b", Lab.SenderCpu];
        yield return new CommandScenario("limit/wakeup-eventfd", length, [.. wakeup, "-e"], s_latency);
        string[] vale = [.. wakeup, "-i", "vale0:r", "-o", "vale0:s"];
        string[] pipe = [.. wakeup, "-i", "vale0:p}1", "-o", "vale0:p{1"];
        yield return new CommandScenario("wakeup/vale", length, vale, s_latency);
        yield return new CommandScenario("wakeup/pipe", length, pipe, s_latency);
        yield return new PingScenario("pingpong/vale", "vale0:a", "vale0:b");
        yield return new PingScenario("pingpong/pipe", "vale0:p{1", "vale0:p}1");
    }

    private static CommandScenario Call(string name, string call)
    {
        return new(name, 0.5, ["out/bench/roundtrip", "-f", call, "-a", Lab.SenderCpu], new Figure("ns", "ns"));
    }

    private static IEnumerable<Scenario> Crowds(bool quick)
    {
        foreach (int ports in (int[])(quick ? [1, 250] : [1, 50, 250]))
        {
            string name = $"idle-ports/{ports}";
            string[] hold = ["-p", Lab.Text(ports), "-i", "vale0:idle"];
            yield return new HeldScenario(name, hold, Inner(name));
        }

        foreach (int descriptors in (int[])(quick ? [1000] : [1, 100, 1000]))
        {
            string name = $"open-descriptors/{descriptors}";
            yield return new HeldScenario(name, ["-o", Lab.Text(descriptors)], Inner(name));
        }
    }

    private static Scenario[] Inner(string name)
    {
        TrafficScenario traffic = new(name + "/vale-1to1-60B")
        {
            Senders = [new("vale0:s", Beside)],
            Receivers = [new("vale0:r", Beside)],
        };
        return [traffic, Call(name + "/sync", "txsync")];
    }
}

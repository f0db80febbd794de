using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Models.VfioUser;

namespace NetmapCuse.Models;

/// <summary>
/// The process beside QEMU: chips on wires, a socket each (FOLDER/WIRE.END). Ends on SIGTERM with a report, and with status 1
/// if a driver did what it must not do.
/// </summary>
internal static class Bench
{
    private const int Usage = 2;

    internal static int Run(string[] arguments)
    {
        if (!Options.TryParse(arguments, out Options options))
        {
            Console.Error.WriteLine($"usage: --folder FOLDER [--seed NUMBER] [--writes FOLDER] CHIP[:COUNT]...; chips: {string.Join(' ', Chips.Names)}");
            return Usage;
        }

        using ManualResetEventSlim end = new();
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            end.Set();
        });
        List<ChipModel> chips = Plug(options);
        Console.WriteLine("ready");
        end.Wait();
        return Report(chips, options);
    }

    private static List<ChipModel> Plug(Options options)
    {
        List<ChipModel> chips = [];
        for (int hub = 0; hub < options.Chips.Count; hub++)
        {
            (string chip, int count) = options.Chips[hub];
            Wire wire = new();
            for (int end = 0; end < count; end++)
            {
                byte[] address = [0x52, 0x54, 0x00, 0x14, (byte)hub, (byte)end];
                ChipModel model = Chips.Make(chip, string.Create(CultureInfo.InvariantCulture, $"{chip}.{end}"), address, options.Seed)!;
                wire.Attach(model);
                chips.Add(model);
                _ = new Server(model, Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"{hub}.{end}")));
            }

            _ = new WireRemote(wire);
            wire.Start();
        }

        return chips;
    }

    private static int Report(List<ChipModel> chips, Options options)
    {
        bool hasFault = false;
        foreach (ChipModel chip in chips)
        {
            Console.WriteLine($"model {chip.Name}: {chip.Counters}");
            foreach (string fault in chip.Faults)
            {
                Console.WriteLine("FAIL model " + fault);
                hasFault = true;
            }

            if (options.Writes is not null)
            {
                lock (chip.Guard)
                {
                    File.WriteAllLines(Path.Combine(options.Writes, chip.Name + ".writes"), chip.Writes.Lines());
                }
            }
        }

        return hasFault ? 1 : 0;
    }
}

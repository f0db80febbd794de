using System.Globalization;

namespace NetmapCuse.Status;

/// <summary>The status for a person: a line a port, under it who has it and what is wrong. Fits into 80 columns where names are short.</summary>
internal static class StatusText
{
    internal static void Write(TextWriter output, DeviceStatus device)
    {
        output.WriteLine(Line(
            $"{Quote(device.Device)}: pid {device.ProcessId}, {device.Door} door, {device.Transport}, up {Span(DateTimeOffset.UtcNow - device.Since)}, {device.OpenFiles} open"));
        if (device.Ports.Count == 0)
        {
            output.WriteLine("  no port");
            return;
        }

        output.WriteLine(Line($"  {"PORT",-20} {"SENT/s",10} {"RECEIVED/s",11} {"SENT",13} {"RECEIVED",13}  DROPPED"));
        foreach (PortStatus port in device.Ports)
        {
            Write(output, port);
        }
    }

    private static void Write(TextWriter output, PortStatus port)
    {
        ulong dropped = port.Tx.Drops.All + port.Rx.Drops.All;
        output.WriteLine(Line(
            $"  {Quote(port.Name),-20} {Rate(port.Tx.FramesPerSecond),10} {Rate(port.Rx.FramesPerSecond),11} {port.Tx.Frames,13} {port.Rx.Frames,13}  {dropped}"));
        output.WriteLine(Line(
            $"    {port.Kind}{(port.Detail is null ? "" : $" ({Quote(port.Detail)})")}, tx {port.TxRings}x{port.TxSlots}, rx {port.RxRings}x{port.RxSlots}, memory id {port.MemoryId}, {port.RegionBytes >> 20} MiB{Batch(port)}"));
        foreach (BindingStatus binding in port.Bindings)
        {
            output.WriteLine(Line(
                $"    pid {binding.ProcessId} {Quote(binding.Command)}, uid {binding.UserId}{(binding.Container is null ? "" : $", in {binding.Container}")}"));
        }

        Causes(output, "sending", port.Tx.Drops);
        Causes(output, "receiving", port.Rx.Drops);
        foreach (RingStatus ring in port.Rings.Where(static ring => ring.IsStuck))
        {
            output.WriteLine(Line($"    STUCK {ring.Name}: full ({ring.Used} of {ring.Slots} slots), and its program does not read"));
        }
    }

    private static string Batch(PortStatus port) =>
        port.Tx.Batch == 0 && port.Rx.Batch == 0 ? "" : Line($", {port.Tx.Batch:0.#} and {port.Rx.Batch:0.#} frames a sync");

    private static void Causes(TextWriter output, string direction, DropStatus drops)
    {
        (ulong Count, string Cause)[] causes =
        [
            (drops.NoRoom, "for lack of room"), (drops.NoDestination, "without destination"), (drops.BadSlot, "for bad slots"),
            (drops.NoCarrier, "without carrier"), (drops.TooLong, "too long"),
        ];
        string[] told = [.. causes.Where(static cause => cause.Count != 0).Select(static cause => Line($"{cause.Count} {cause.Cause}"))];
        if (told.Length != 0)
        {
            output.WriteLine(Line($"    dropped {direction}: {string.Join(", ", told)}"));
        }
    }

    /// <summary>Names are clients': whatever is not print is shown as a dot.</summary>
    private static string Quote(string text) => string.Concat(text.Select(static letter => char.IsControl(letter) ? '.' : letter));

    private static string Rate(double perSecond) => perSecond switch
    {
        0 => "0",
        >= 1e6 => Line($"{perSecond / 1e6:0.00}M"),
        >= 1e3 => Line($"{perSecond / 1e3:0.0}k"),
        _ => Line($"{perSecond:0}"),
    };

    private static string Span(TimeSpan time) => time.TotalDays >= 1
        ? Line($"{(int)time.TotalDays}d{time.Hours}h")
        : Line($"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

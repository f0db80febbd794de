using System.Text;

namespace NetmapCuse.Service;

/// <summary>Standard output for what is said beside the work: closed or full, it is no reason to end.</summary>
internal sealed class TolerantWriter(Stream output) : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        try
        {
            output.Write(Encoding.GetBytes(value ?? string.Empty));
            output.Flush();
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
        }
    }

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void WriteLine(string? value) => Write(value + "\n");
}

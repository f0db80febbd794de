namespace NetmapCuse.Doctor;

/// <summary>What one examination found.</summary>
/// <param name="Area">What it belongs to: doors, transport, rights, network, memory.</param>
/// <param name="Name">What was examined.</param>
/// <param name="Works">Whether it works here.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Remedy">What to do about a "no"; empty for a "yes".</param>
internal sealed record Finding(string Area, string Name, bool Works, string Detail, string Remedy)
{
    internal static Finding Yes(string area, string name, string detail) => new(area, name, true, detail, "");

    internal static Finding No(string area, string name, string detail, string remedy) =>
        new(area, name, false, detail, remedy);
}

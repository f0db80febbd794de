using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core.Control;

/// <summary>
/// Which interface a request takes over, attaches, or takes away from a switch: the configuration may keep users from it. A monitor
/// of an interface takes it, too. Persistent ports are interfaces.
/// </summary>
internal static class InterfaceRights
{
    /// <summary>The name of the interface; null for requests that touch none.</summary>
    internal static string? InterfaceOf(ControlRequest request) => request.Type switch
    {
        RequestType.Register when request.BodyAs<NmreqRegister>().Mode == RegisterMode.Null => null,
        RequestType.Register => PortName.IsVale(request.Name) ? null : BeforePipe(request.Name),
        RequestType.ValeAttach or RequestType.ValeDetach or RequestType.ValePollingEnable or RequestType.ValePollingDisable =>
            request.Name[(request.Name.IndexOf(':', StringComparison.Ordinal) + 1)..],
        RequestType.ValeDeleteInterface => request.Name,
        _ => null,
    };

    /// <summary>A name from a client, for a log.</summary>
    internal static string Printable(string name) => string.Concat(name.Select(static c => c is > ' ' and <= '~' ? c : '?'));

    /// <summary>A pipe at an interface is made of the interface's memory and of nothing else, but keeps it open.</summary>
    private static string BeforePipe(string name)
    {
        int pipe = name.AsSpan().IndexOfAny('{', '}');
        return pipe < 0 ? name : name[..pipe];
    }
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>Asks the server of a file for its attributes, but not for longer than it is worth.</summary>
internal static class FileProbe
{
    private static readonly TimeSpan s_requiredWithin = TimeSpan.FromSeconds(5);

    /// <summary>One request through everything, which also warms the path up.</summary>
    internal static void Require(string path)
    {
        int? answer = Ask(path, s_requiredWithin);
        if (answer != Errno.Ok)
        {
            throw new StartException(
                StartFailure.Other,
                $"{path} is mounted but does not answer ({(answer is { } errno ? $"errno {errno}" : "timeout")})");
        }
    }

    /// <returns>0 when it answers, a positive errno, or null when the time is over.</returns>
    /// <remarks>
    /// The question cannot be taken back, so a thread of its own asks it. That thread ends with the connection.
    /// </remarks>
    internal static int? Ask(string path, TimeSpan patience)
    {
        TaskCompletionSource<int> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            int result = Libc.StatusOf(path, Statx.NoFollow | Statx.ForceSync, out _);
            answer.TrySetResult(result == 0 ? Errno.Ok : Marshal.GetLastPInvokeError());
        })
        {
            Name = "netmap-probe",
            IsBackground = true,
        };
        thread.Start();
        return answer.Task.Wait(patience) ? answer.Task.Result : null;
    }
}

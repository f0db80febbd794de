using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Files;

namespace NetmapCuse.Core.Control;

/// <summary>NIOCCTRL: fetches header, body and options, runs the request, hands the results back (netmap-abi.md section 4).</summary>
internal static class ControlIoctl
{
    /// <param name="plane">Runs the request.</param>
    /// <param name="file">The open file.</param>
    /// <param name="data">struct nmreq_header, edited in place.</param>
    /// <param name="client">The caller, whose memory body and options are in.</param>
    /// <param name="answer">The way to answer later, for requests that may.</param>
    /// <returns>0, a positive errno, or <see cref="ControlRequest.Pending"/>.</returns>
    internal static int Run(
        ControlPlane plane, OpenFile file, Span<byte> data, ClientProcess client, PendingAnswer? answer = null)
    {
        if (data.Length != Unsafe.SizeOf<NmreqHeader>())
        {
            return Errno.Inval;
        }

        ref NmreqHeader header = ref MemoryMarshal.AsRef<NmreqHeader>(data);
        int bodyBytes = ControlRequest.BodyBytes(header.RequestType);
        if (header.Version is < NetmapApi.VersionMin or > NetmapApi.VersionMax
            || header.Reserved != 0
            || (header.Body != 0) != (bodyBytes != 0))
        {
            return Errno.Inval;
        }

        byte[] body = new byte[bodyBytes];
        if (bodyBytes != 0 && !client.Memory.TryRead(header.Body, body))
        {
            return Errno.Fault;
        }

        header.Name[63] = 0;
        int error = OptionChain.Read(client.Memory, header.Options, bodyBytes, out OptionChain options);
        if (error != Errno.Ok)
        {
            options.WriteBack(client.Memory, requestSucceeded: false);
            return error;
        }

        ControlRequest request = new()
        {
            Type = header.RequestType,
            Name = WireName.Read(header.Name),
            Body = body,
            Options = options,
            Client = client,
            Answer = answer,
        };
        error = plane.Run(file, request);
        return error == ControlRequest.Pending ? error : HandBack(ref header, request, client, error);
    }

    /// <summary>Body only after success, then every option. Failing to write gives EFAULT; the request stays done.</summary>
    private static int HandBack(ref NmreqHeader header, ControlRequest request, ClientProcess client, int error)
    {
        int fault = Errno.Ok;
        if (error == Errno.Ok)
        {
            if (request.Type == RequestType.ValeList)
            {
                WireName.Write(header.Name, request.Name);
            }

            fault = client.Memory.TryWrite(header.Body, request.Body) ? Errno.Ok : Errno.Fault;
        }

        int optionFault = request.Options.WriteBack(client.Memory, error == Errno.Ok);
        fault = fault != Errno.Ok ? fault : optionFault;
        return fault != Errno.Ok ? fault : error;
    }
}

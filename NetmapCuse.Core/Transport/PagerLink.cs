using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>The daemon's side of <see cref="Pager"/>: what they share, and the requests that the pager hands over.</summary>
public sealed class PagerLink : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly FuseDevice _spare;
    private readonly FuseReader _reader;
    private readonly Lock _serving = new();
    private bool _ended;

    /// <param name="device">The descriptor of the mount; stays its owner's.</param>
    /// <param name="path">The device file.</param>
    /// <param name="dispatcher">Executes the requests.</param>
    /// <param name="deferred">Where interrupts find deferred calls.</param>
    /// <param name="readers">How many readers there are.</param>
    internal PagerLink(FuseDevice device, string path, IRequestDispatcher dispatcher, DeferredCalls deferred, int readers)
    {
        Buffers = new SharedBuffers(readers, TransportLimits.WriteBackBufferSize);
        _spare = device.Clone();
        _spare.DoNotWait();
        _reader = new FuseReader(_spare, dispatcher, deferred, new RequestBuffer(null, 0));
        Settings = new PagerSettings(
            Environment.ProcessId, path, device.Number, _spare.Number, Buffers.File.Number, readers);
    }

    /// <summary>What the pager has to know.</summary>
    public PagerSettings Settings { get; }

    /// <summary>Where the readers get their requests.</summary>
    internal SharedBuffers Buffers { get; }

    /// <summary>Executes what a pager hands over, until it ends.</summary>
    /// <param name="output">The output of the pager.</param>
    public void Serve(Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        lock (_serving)
        {
            while (!Volatile.Read(ref _ended) && TryRead(output, _reader.Buffer, out int length))
            {
                _reader.Execute(length);
            }
        }
    }

    /// <summary>Called when the connection has ended, and the pager with it. What is still used is left behind.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _ended, true);
        if (!_serving.TryEnter(s_patience))
        {
            return;
        }

        try
        {
            _reader.Dispose();
            _spare.Dispose();
            Buffers.Dispose();
        }
        finally
        {
            _serving.Exit();
        }
    }

    /// <summary>A message begins with its length.</summary>
    private static bool TryRead(Stream stream, Span<byte> buffer, out int length)
    {
        length = 0;
        int headSize = Unsafe.SizeOf<FuseInHeader>();
        if (stream.ReadAtLeast(buffer[..headSize], headSize, throwOnEndOfStream: false) < headSize)
        {
            return false;
        }

        length = BinaryPrimitives.ReadInt32LittleEndian(buffer);
        Span<byte> rest = length >= headSize && length <= buffer.Length ? buffer[headSize..length] : default;
        return length - headSize == rest.Length
            && stream.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false) == rest.Length;
    }
}

using System.IO.Pipes;
using FluentAssertions;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

public sealed class ParkedRequestsTests
{
    private const int MessageSize = 20_000;
    private const int Count = 50; // far more than a pipe holds

    [Fact]
    public void What_does_not_fit_waits_for_its_turn_and_nobody_else_does()
    {
        using AnonymousPipeServerStream writing = new(PipeDirection.Out);
        using AnonymousPipeClientStream reading = new(PipeDirection.In, writing.ClientSafePipeHandle);
        using Fd pipe = Borrow(writing);
        ParkedRequests parked = new(pipe);
        for (int i = 0; i < Count; i++)
        {
            parked.Add(Message(i));
        }

        parked.Send();
        parked.IsEmpty.Should().BeFalse("the pipe is full");
        byte[] buffer = new byte[MessageSize];
        for (int i = 0; i < Count; i++)
        {
            for (int got = 0; got < MessageSize;)
            {
                got += reading.Read(buffer.AsSpan(got, Math.Min(4096, MessageSize - got)));
                parked.Send();
            }

            buffer.Should().Equal(Message(i));
        }

        parked.IsEmpty.Should().BeTrue();
        pipe.SetHandleAsInvalid();
    }

    [Fact]
    public void Without_a_reader_they_are_gone()
    {
        using AnonymousPipeServerStream writing = new(PipeDirection.Out);
        writing.DisposeLocalCopyOfClientHandle();
        using Fd pipe = Borrow(writing);
        ParkedRequests parked = new(pipe);
        parked.Add(Message(1));

        parked.Send();

        parked.IsEmpty.Should().BeTrue();
        pipe.SetHandleAsInvalid();
    }

    private static byte[] Message(int number) => [.. Enumerable.Range(0, MessageSize).Select(i => (byte)(i + number))];

    /// <summary>The stream closes it.</summary>
    private static Fd Borrow(AnonymousPipeServerStream stream) => new((int)stream.SafePipeHandle.DangerousGetHandle());
}

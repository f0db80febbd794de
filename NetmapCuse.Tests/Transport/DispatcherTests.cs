using System.Buffers.Binary;
using FluentAssertions;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

/// <summary>Requests as literal bytes, answers as literal bytes; no kernel is needed.</summary>
public sealed class DispatcherTests
{
    private readonly EchoHandler _handler = new();
    private readonly Dispatcher _dispatcher;

    public DispatcherTests() =>
        _dispatcher = new Dispatcher(_handler, new NodeAttributes(0x1A4, 7, 8), new DeferredCalls(), backingId: 3);

    [Fact]
    public void Ioctl_answers_the_result_and_then_the_data()
    {
        byte[] body = new byte[32 + 16];
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), EchoHandler.Increment);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(24), 16);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(28), 16);
        body[32] = 0x40;

        byte[] answer = Answer(FuseOpcode.Ioctl, body);

        answer.Should().Equal(
            7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0x41, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    }

    [Fact]
    public void An_ioctl_whose_data_is_missing_is_an_error()
    {
        byte[] body = new byte[32 + 15];
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), EchoHandler.Increment);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(24), 16);

        Error(FuseOpcode.Ioctl, body).Should().Be(-5);
    }

    [Fact]
    public void An_ioctl_that_claims_a_huge_argument_is_an_error()
    {
        byte[] body = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(28), uint.MaxValue);

        Error(FuseOpcode.Ioctl, body).Should().Be(-5);
    }

    [Fact]
    public void Poll_answers_the_ready_events()
    {
        byte[] body = new byte[24];
        body[20] = 0x19;
        _handler.MakeReady(1);

        Answer(FuseOpcode.Poll, body).Should().Equal(1, 0, 0, 0, 0, 0, 0, 0);
    }

    [Fact]
    public void Open_answers_handle_flags_and_backing_file() =>
        Answer(FuseOpcode.Open, new byte[8]).Should().Equal(1, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 0, 3, 0, 0, 0);

    [Theory]
    [InlineData(FuseOpcode.Read, -22)]
    [InlineData(FuseOpcode.Write, -22)]
    [InlineData(FuseOpcode.Fallocate, -22)]
    [InlineData((FuseOpcode)22, -38)]
    [InlineData((FuseOpcode)4711, -38)]
    internal void What_a_netmap_device_does_not_have_is_refused(FuseOpcode opcode, int error) =>
        Error(opcode, new byte[64]).Should().Be(error);

    [Theory]
    [InlineData(FuseOpcode.Poll)]
    [InlineData(FuseOpcode.Ioctl)]
    [InlineData(FuseOpcode.Release)]
    [InlineData(FuseOpcode.Flush)]
    [InlineData(FuseOpcode.SetAttr)]
    internal void A_short_request_is_an_error_and_never_ENOSYS(FuseOpcode opcode) =>
        Error(opcode, new byte[3]).Should().Be(-5);

    [Theory]
    [InlineData(FuseOpcode.Forget)]
    [InlineData(FuseOpcode.BatchForget)]
    [InlineData(FuseOpcode.Interrupt)]
    internal void What_expects_no_answer_gets_none(FuseOpcode opcode) =>
        Dispatch(opcode, new byte[16], out _, out _).Should().Be(Disposition.Silent);

    [Fact]
    public void A_new_size_is_refused_and_a_new_mode_is_kept()
    {
        byte[] body = new byte[88];
        body[0] = 0x08;
        Error(FuseOpcode.SetAttr, body).Should().Be(-22);

        body[0] = 0x01;
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(68), 0x81B6);
        byte[] answer = Answer(FuseOpcode.SetAttr, body);

        BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(16 + 60)).Should().Be(0x81B6);
        BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(16 + 68)).Should().Be(7, "the owner stays");
    }

    private byte[] Answer(FuseOpcode opcode, byte[] body)
    {
        Dispatch(opcode, body, out int error, out byte[] answer).Should().Be(Disposition.Reply);
        error.Should().Be(0);
        return answer;
    }

    private int Error(FuseOpcode opcode, byte[] body)
    {
        Dispatch(opcode, body, out int error, out byte[] answer).Should().Be(Disposition.Reply);
        answer.Should().BeEmpty();
        return error;
    }

    private Disposition Dispatch(FuseOpcode opcode, byte[] body, out int error, out byte[] answer)
    {
        FuseInHeader header = new() { Opcode = opcode, Unique = 2, ProcessId = 99 };
        byte[] room = new byte[TransportLimits.PayloadSize];
        RequestCursor request = new(body);
        ReplyWriter reply = new(room);
        Disposition disposition = _dispatcher.Dispatch(in header, ref request, ref reply, new NoDeferral());
        error = reply.Error;
        answer = room[..reply.Length];
        return disposition;
    }

    private sealed class NoDeferral : IDeferrer
    {
        public DeferredReply? Defer(ReadOnlySpan<byte> data) => null;
    }
}

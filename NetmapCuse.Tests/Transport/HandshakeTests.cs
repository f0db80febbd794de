using System.Buffers.Binary;
using FluentAssertions;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

public sealed class HandshakeTests
{
    [Fact]
    public void The_answer_carries_version_flags_and_small_buffers()
    {
        FuseInitIn init = new() { Major = 7, Minor = 41 };

        byte[] answer = Handshake.Answer(2, in init, FuseInitFlags.Extended | FuseInitFlags.Passthrough);

        answer.Should().HaveCount(80);
        Word(answer, 0).Should().Be(80);
        Word(answer, 16).Should().Be(7);
        Word(answer, 20).Should().Be(41, "the older side decides");
        Word(answer, 28).Should().Be(1u << 30);
        Word(answer, 36).Should().Be(4096);
        Word(answer, 48).Should().Be(1u << 5);
        Word(answer, 52).Should().Be(1);
    }

    [Theory]
    [InlineData(7, 38, 0UL, "7.38")]
    [InlineData(7, 45, 1UL << 30, "CONFIG_FUSE_PASSTHROUGH")]
    public void A_kernel_without_passthrough_is_refused_with_the_remedy(
        uint major, uint minor, ulong offered, string finding)
    {
        FuseInitIn init = new() { Major = major, Minor = minor };
        Action check = () => Handshake.RefuseOldKernel(in init, (FuseInitFlags)offered);

        StartException refusal = check.Should().Throw<StartException>().Which;
        refusal.Failure.Should().Be(StartFailure.Kernel);
        refusal.Message.Should().Contain(finding).And.Contain("Linux 6.9").And.NotContain("\n");
    }

    [Fact]
    public void Anything_but_INIT_at_the_start_is_refused()
    {
        byte[] message = new byte[104];
        message[4] = (byte)FuseOpcode.GetAttr;
        Action parse = () => Handshake.Parse(message, out _);

        parse.Should().Throw<StartException>();
    }

    private static uint Word(byte[] bytes, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));
}

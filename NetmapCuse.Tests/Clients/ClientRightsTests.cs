using FluentAssertions;
using NetmapCuse.Core.Clients;
using Xunit;

namespace NetmapCuse.Tests.Clients;

/// <summary>Who could read whose memory without the daemon.</summary>
public sealed class ClientRightsTests
{
    private const ulong All = (1UL << 41) - 1;

    private static readonly ClientRights s_root = Of(0, All);
    private static readonly ClientRights s_user = Of(1000, 0);

    [Fact]
    public void A_user_reads_its_own_processes_as_far_as_they_let_it()
    {
        s_user.AllowReading(s_user, isDumpable: true).Should().BeTrue();
        s_user.AllowReading(s_user, isDumpable: false).Should().BeFalse();
        s_user.AllowReading(Of(1001, 0), isDumpable: true).Should().BeFalse();
        s_user.AllowReading(s_user with { Users = (1000, 0, 0) }, isDumpable: true).Should().BeFalse("it has become another");
        s_user.AllowReading(s_user with { Groups = (1000, 27, 27) }, isDumpable: true).Should().BeFalse();
    }

    [Fact]
    public void Root_reads_all_and_nobody_reads_more_rights_than_its_own()
    {
        s_root.AllowReading(s_user, isDumpable: false).Should().BeTrue();
        s_user.AllowReading(s_root, isDumpable: true).Should().BeFalse();
        Of(0, All & ~(1UL << 19)).AllowReading(s_root, isDumpable: true).Should().BeFalse("root of a container has fewer");
    }

    [Fact]
    public void Namespaces_part_them()
    {
        ClientRights inContainer = s_user with { ProcessNamespace = "pid:[1]" };

        inContainer.AllowReading(s_user, isDumpable: true).Should().BeFalse("it does not see the other one");
        inContainer.AllowReading(inContainer, isDumpable: true).Should().BeTrue();
        s_user.AllowReading(s_user with { UserNamespace = "user:[1]" }, isDumpable: true).Should().BeFalse();
        (s_root with { UserNamespace = "user:[1]" }).AllowReading(s_user, isDumpable: true).Should().BeFalse();
    }

    [Fact]
    public void The_status_of_a_thread_is_understood()
    {
        ThreadStatus status = ThreadStatus.Parse(
            ["Name:\ta b", "Tgid:\t42", "Uid:\t1\t2\t3\t4", "Gid:\t5\t6\t7\t8", "Groups:\t ", "CapPrm:\t0000000000080000"]);

        status.Should().Be(new ThreadStatus(42, (1, 2, 3), (5, 6, 7), 1 << 19));
    }

    private static ClientRights Of(uint user, ulong capabilities) => new(
        (user, user, user), (user, user, user), capabilities, Namespace("user"), Namespace("pid"));

    private static string Namespace(string kind) => new FileInfo($"/proc/self/ns/{kind}").LinkTarget!;
}

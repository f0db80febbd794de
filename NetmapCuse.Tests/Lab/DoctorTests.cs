using System.Text.Json;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Lab;

public sealed class DoctorTests
{
    [Fact]
    public void Every_no_has_a_remedy_and_the_status_says_whether_the_default_works()
    {
        Assert.SkipUnless(File.Exists("/dev/fuse"), "there is no /dev/fuse");
        (int status, string output) = LabScript.Run("out/netmapcuse", ["doctor", "--json"], TimeSpan.FromMinutes(1));

        JsonElement report = JsonDocument.Parse(output).RootElement;
        (status == 0).Should().Be(report.GetProperty("works").GetBoolean());
        JsonElement[] findings = [.. report.GetProperty("findings").EnumerateArray()];
        findings.Should().HaveCountGreaterThan(8);
        findings.Should().OnlyContain(finding =>
            finding.GetProperty("works").GetBoolean() == (finding.GetProperty("remedy").GetString() == ""));
    }
}

using FluentAssertions;
using NetmapCuse.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace NetmapCuse.Tests.Logging;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("vale0:a", "vale0:a")]
    [InlineData("netmap:eth0-1{x.2@3", "netmap:eth0-1{x.2@3")]
    [InlineData("", "\"\"")]
    [InlineData("vale0:a b", "\"vale0:a b\"")]
    [InlineData("vale0:a\n12:00:00.000 ERR all is lost", "\"vale0:a\\x0a12:00:00.000 ERR all is lost\"")]
    [InlineData("vale0:\u001b[2J", "\"vale0:\\x1b[2J\"")]
    [InlineData("vale0:\u009b2J\u007f", "\"vale0:\\x9b2J\\x7f\"")]
    [InlineData("a\"b\\", "\"a\\x22b\\x5c\"")]
    public void Names_end_where_they_end(string name, string shown) => PlainText.Quoted(name).Should().Be(shown);

    [Fact]
    public void A_line_of_the_log_is_one_line()
    {
        Lines lines = new();
        using Logger log = new LoggerConfiguration().Enrich.With(new PlainText()).WriteTo.Sink(lines).CreateLogger();

        log.Warning("Port {Name} closed ({Reason})", "x\r\ny", "no\u2028way, /tmp/a b\u202e");

        lines.All.Should().ContainSingle().Which.Should().Be(@"Port ""x\x0d\x0ay"" closed (no\x2028way, /tmp/a b\x202e)");
    }

    private sealed class Lines : ILogEventSink
    {
        internal List<string> All { get; } = [];

        public void Emit(LogEvent logEvent)
        {
            using StringWriter text = new(System.Globalization.CultureInfo.InvariantCulture);
            new Serilog.Formatting.Display.MessageTemplateTextFormatter("{Message:lj}").Format(logEvent, text);
            All.Add(text.ToString());
        }
    }
}

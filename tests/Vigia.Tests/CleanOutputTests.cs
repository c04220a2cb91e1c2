using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Vigia.Catalog;
using Vigia.Commands;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Tests;

/// <summary>Nothing that a server, a tenant or a proxy writes is obeyed by the terminal that shows it.</summary>
public sealed class CleanOutputTests
{
    // Colours, a window's title, a bell, C1's way of beginning a sequence, a turn of direction, a line that looks like
    // another.
    private const string Hostile = "\u001b[31mred\u001b]0;pwned\u0007\u009b2J\u202egnp\u2066x\r\nINFO: all is well";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_line_of_the_log_is_one_line_and_clean(bool json)
    {
        using var text = new StringWriter();
        ConsoleFormatter formatter = json ? new JsonLogFormatter(TimeProvider.System) : new TextLogFormatter(TimeProvider.System);
        IReadOnlyList<KeyValuePair<string, object?>> state =
        [
            new("Cluster", "prod"),
            new("Reason", Hostile),
            new("{OriginalFormat}", "text"),
        ];
        formatter.Write(
            new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(
                LogLevel.Warning,
                "Vigia.X",
                new EventId(2001),
                state,
                new InvalidOperationException(Hostile),
                (_, _) => $"prod says {Hostile}"
            ),
            null,
            text
        );

        AssertClean(text.ToString().TrimEnd('\n'));
        Assert.Contains("pwned", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_of_the_log_says_when_how_grave_and_where()
    {
        using var text = new StringWriter();
        new TextLogFormatter(TimeProvider.System).Write(
            new LogEntry<string>(LogLevel.Error, "Vigia.X", new EventId(7), "", null, (_, _) => "it fails"),
            null,
            text
        );

        Assert.Matches(@"\A\d\d:\d\d:\d\d \S*fail\S*: Vigia\.X\[7\] it fails\n\z", text.ToString());
    }

    [Fact]
    public void An_error_that_ends_a_command_is_one_clean_line()
    {
        var error = new KubernetesApiException(new KubernetesStatus(500, "", Hostile, null, []), "GET", "/api");

        AssertClean(ExitCodes.Sentence(error));
    }

    [Fact]
    public async Task Output_with_a_servers_words_is_clean()
    {
        using var text = new StringWriter();
        await using var output = new CleanWriter(text);
        await output.WriteLineAsync(Hostile);
        await output.WriteAsync(Hostile);
        output.WriteLine(Hostile);
        output.Write(Hostile);
        foreach (var letter in Hostile)
        {
            output.Write(letter);
        }

        AssertClean(text.ToString().ReplaceLineEndings(" "));
    }

    [Fact]
    public void Watched_differences_are_clean()
    {
        var (old, next) = (Pod("a", "1"), Pod("pwned \u009b2J\u202e", "2"));
        var delta = Delta.Create(DeltaKind.Updated, old, next, next.ResourceVersion, DateTimeOffset.UnixEpoch);
        var line = DiffText.Of(delta, ResourceCatalog.BuiltIn.Find("pods")!, DateTimeOffset.UnixEpoch, colour: false);

        Assert.Contains("pwned", line, StringComparison.Ordinal);
        AssertClean(line);
    }

    private static RawObject Pod(string message, string version) =>
        RawObject.Parse(
            Encoding.UTF8.GetBytes(
                $$$"""{"kind":"Pod","apiVersion":"v1","metadata":"""
                    + $$$"""{"name":"p","namespace":"n","uid":"u","resourceVersion":"{{{version}}}"},"status":"""
                    + $$$"""{"message":"{{{message}}}"}}"""
            )
        );

    private static void AssertClean(string text) =>
        Assert.DoesNotContain(text, c => char.IsControl(c) || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069'));
}

using System.Text;
using Vigia.Catalog.Rows;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Tests.Rows;

public sealed class TableTextTests
{
    /// <summary>
    /// Columns of a terminal, of which a Chinese character takes two; what turns the direction of a line never reaches
    /// one.
    /// </summary>
    [Fact]
    public void Cells_stand_below_each_other_and_give_a_terminal_no_orders()
    {
        var entry = ResourceCatalog.ForCustomResource(
            new("a.example", "v1", "things"),
            "Thing",
            true,
            [],
            [("Title", ".title", "string", 0), ("End", ".end", "string", 0)]
        );
        RawObject[] things =
        [
            .. new[] { "plain", "日本語", "a\u202Eb", "e\u0301", "\u001b[31m" }.Select(
                (title, i) =>
                    RawObject.Parse(
                        Encoding.UTF8.GetBytes(
                            $$$"""{"metadata":{"name":"n{{{i}}}"},"title":{{{System.Text.Json.JsonSerializer.Serialize(title)}}}"""
                                + $$$""","end":"|"}"""
                        )
                    )
            ),
        ];
        var lines = TableText.Render(entry, things, DateTimeOffset.UnixEpoch).TrimEnd('\n').Split('\n').Skip(1).ToArray();
        Assert.Single(lines.Select(line => TextWidth.Of(line.AsSpan(0, line.IndexOf('|', StringComparison.Ordinal)))).Distinct());
        Assert.All(lines, line => Assert.DoesNotContain(line, c => c is '\u202E' or '\u001b'));
    }

    /// <summary>The author of a custom resource definition names its columns.</summary>
    [Fact]
    public void Headings_give_a_terminal_no_orders_either()
    {
        var entry = ResourceCatalog.ForCustomResource(
            new("a.example", "v1", "things"),
            "Thing",
            true,
            [],
            [("T\u001b]0;pwned\u0007\u009b2J\u202Ex", ".title", "string", 0)]
        );
        var text = TableText.Render(
            entry,
            [RawObject.Parse("""{"metadata":{"name":"a","namespace":"n\u001b[2J"},"title":"t"}"""u8)],
            DateTimeOffset.UnixEpoch,
            withNamespace: true
        );

        Assert.Contains("pwned", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\n') || c is '\u202E' or '\u202e');
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Vigia.Catalog.Rows;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Tests;

/// <summary>Printer columns of custom resources, cell by cell as an API server filled them (1.20, recorded).</summary>
public sealed class PrinterColumnTests
{
    [Fact]
    public async Task Cells_are_those_of_the_server()
    {
        using var recorded = JsonDocument.Parse(
            await File.ReadAllTextAsync(
                Path.Combine(AppContext.BaseDirectory, "testdata", "printer-columns-1.20.json"),
                TestContext.Current.CancellationToken
            )
        );
        var compared = 0;
        foreach (var table in recorded.RootElement.GetProperty("tables").EnumerateArray())
        {
            var columns = table
                .GetProperty("columns")
                .EnumerateArray()
                .Select(
                    (column, i) =>
                        (
                            Name: $"c{i}",
                            Path: column.GetProperty("path").GetString()!,
                            Type: column.GetProperty("type").GetString()!,
                            Priority: 0
                        )
                )
                .ToArray();
            var entry = ResourceCatalog.ForCustomResource(new("acme.example.com", "v1", "things"), "Thing", true, [], columns);
            var now = table.GetProperty("now").GetDateTimeOffset();
            foreach (var row in table.GetProperty("rows").EnumerateArray())
            {
                var shown = entry.Project(RawObject.Parse(Encoding.UTF8.GetBytes(row.GetProperty("object").GetRawText())));
                Assert.Null(shown.Error);
                for (var i = 0; i < columns.Length; i++)
                {
                    var expected = Printed(row.GetProperty("cells")[i]);
                    var got = shown.Text(i + 1, now);

                    // Ages go on with the moment of the recording.
                    if (!(columns[i].Path == ".metadata.creationTimestamp" || columns[i].Type == "date" && got.EndsWith('s')))
                    {
                        Assert.True(expected == got, $"{columns[i].Path} ({columns[i].Type}): the server has '{expected}', this '{got}'");
                        compared++;
                    }
                }
            }
        }

        Assert.InRange(compared, 430, 1_000);
    }

    [Fact]
    public void A_path_that_cannot_be_read_is_told_and_no_empty_column()
    {
        var entry = ResourceCatalog.ForCustomResource(
            new("acme.example.com", "v1", "things"),
            "Thing",
            true,
            [],
            [("Broken", ".spec[", "string", 0)]
        );
        var row = entry.Project(RawObject.Parse("""{"metadata":{"name":"a"}}"""u8));
        Assert.Equal("<bad path>", row.Text(1, DateTimeOffset.UnixEpoch));
        Assert.Contains("is not closed", entry.Columns[1].Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("")]
    public void An_object_without_a_creation_time_is_of_unknown_age(string created)
    {
        var pods = ResourceCatalog.BuiltIn.Find("pods")!;
        var row = pods.Project(
            RawObject.Parse(
                Encoding.UTF8.GetBytes(
                    $$$"""{"metadata":{"name":"a","namespace":"b","creationTimestamp":"{{{created}}}"},"status":"""
                        + $$$"""{"startTime":"{{{created}}}"}}"""
                )
            )
        );
        Assert.Equal(
            "<unknown>",
            row.Text(pods.Columns.Index().First(column => column.Item.Key == "age").Index, DateTimeOffset.UnixEpoch.AddYears(50))
        );
    }

    private static string Printed(JsonElement cell) =>
        cell.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String => cell.GetString()!,
            JsonValueKind.Number when cell.TryGetInt64(out var whole) => whole.ToString(CultureInfo.InvariantCulture),
            JsonValueKind.Number => GoNumber.Text(cell.GetDouble()),
            _ => cell.GetRawText(),
        };
}

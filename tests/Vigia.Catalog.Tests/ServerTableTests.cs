using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes.Objects;

namespace Vigia.Catalog.Tests;

/// <summary>
/// Our cells against the tables that a real API server (1.20) printed of the same objects: pods in 25 states, and every kind that the catalog has. Recorded in testdata, so the judge is the server and not ourselves.
/// </summary>
/// <remarks>
/// Where 1.32 prints otherwise than 1.20 we follow 1.32, and the column is left out here: jobs have STATUS, cron jobs TIMEZONE, claims and volumes VOLUMEATTRIBUTESCLASS since then; RESTARTS has the time of the last one;
/// resource metrics of autoscalers are named (<c>cpu: 0%/80%</c>); a node that is Ready is judged the same.
/// </remarks>
public sealed class ServerTableTests
{
    private static readonly JsonObject Tables = JsonNode.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "testdata", "tables-1.20.json")))!.AsObject();

    public static TheoryData<string> Resources => [.. Tables.Select(table => table.Key)];

    [Theory]
    [MemberData(nameof(Resources))]
    public void Every_cell_is_what_the_server_printed(string resource)
    {
        var entry = ResourceCatalog.BuiltIn.Find(resource)!;
        var table = Tables[resource]!;
        var at = DateTimeOffset.Parse((string)table["at"]!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var columns = table["columns"]!.AsArray().Select(column => ((string)column!).ToUpperInvariant()).ToArray();
        var faults = new List<string>();
        var compared = 0;
        foreach (var row in table["rows"]!.AsArray())
        {
            var o = RawObject.Parse(Encoding.UTF8.GetBytes(row!["object"]!.ToJsonString()));
            var projected = entry.Project(o);
            Assert.Null(projected.Error);
            for (var i = 0; i < columns.Length; i++)
            {
                var index = entry.Columns.Index().Where(column => column.Item.Name == columns[i]).Select(column => (int?)column.Index).FirstOrDefault();
                Assert.True(index is not null, $"the server has a column {columns[i]}, which we have not");
                if ((resource, columns[i]) is ("horizontalpodautoscalers", "TARGETS") or ("pods", "RESTARTS"))
                {
                    continue;
                }

                // The server's clock may have ticked between our note of the time and its answer.
                var expected = row["cells"]![i]!.ToString();
                var printed = new[] { projected.Text(index.Value, at), projected.Text(index.Value, at.AddSeconds(1)) };
                compared++;
                if (!printed.Contains(expected))
                {
                    faults.Add($"{o.Name} {columns[i]}: the server prints '{expected}', we '{printed[0]}'");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(compared >= (columns.Length - 1) * table["rows"]!.AsArray().Count, "hardly a column was compared");
        Assert.Equal(columns, entry.Columns.Select(column => column.Name).Where(columns.Contains));
    }

    [Fact]
    public void Restarts_count_as_the_server_counts_and_say_when_the_last_one_was()
    {
        var entry = ResourceCatalog.BuiltIn.Find("pods")!;
        var restarts = entry.Columns.Index().Single(column => column.Item.Key == "restarts").Index;
        foreach (var row in Tables["pods"]!["rows"]!.AsArray())
        {
            var o = RawObject.Parse(Encoding.UTF8.GetBytes(row!["object"]!.ToJsonString()));
            Assert.Equal((long)row["cells"]![3]!, entry.Project(o)[restarts].Number);
        }

        var crash = Tables["pods"]!["rows"]!.AsArray().Select(row => row!["object"]!).Single(o => (string)o["metadata"]!["name"]! == "crash");
        var pod = RawObject.Parse(Encoding.UTF8.GetBytes(crash.ToJsonString()));
        var finished = DateTimeOffset.Parse((string)crash["status"]!["containerStatuses"]![0]!["lastState"]!["terminated"]!["finishedAt"]!, CultureInfo.InvariantCulture);
        Assert.Equal("7 (5m ago)", entry.Project(pod).Text(restarts, finished.AddMinutes(5)));
    }
}

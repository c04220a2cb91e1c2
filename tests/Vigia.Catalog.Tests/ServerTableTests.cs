using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Tests;

/// <summary>
/// Our cells against tables that Kubernetes printed of the same objects, so the judge is Kubernetes and not ourselves.
/// <c>tables-1.20.json</c>: a real API server's answers, 25 states of pods and every kind of the catalog.
/// <c>tables-1.34.json</c>: what the printers of 1.34 make of <c>eng/tables/objects.json</c>, 66 states of pods and
/// some of each kind (how it is recorded stands in <c>eng/tables/README.md</c>).
/// </summary>
/// <remarks>
/// Where today's Kubernetes prints otherwise than 1.20 we follow today's, and the column is left out for 1.20: jobs
/// have STATUS, cron jobs TIMEZONE, claims and volumes VOLUMEATTRIBUTESCLASS since then; RESTARTS has the time of the
/// last one (1.23); resource metrics of autoscalers are named (<c>cpu: 0%/80%</c>, 1.29); a node that is Ready is
/// judged the same. A pod that waits for its gates says SchedulingGated since 1.26, sidecars count as containers since
/// 1.29: 1.20 has neither field.
/// </remarks>
public sealed class ServerTableTests
{
    private static readonly Dictionary<string, JsonObject> Versions = new[] { "1.20", "1.34" }.ToDictionary(
        version => version,
        version =>
            JsonNode.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "testdata", $"tables-{version}.json")))!.AsObject()
    );

    private static JsonObject Tables => Versions["1.20"];

    public static TheoryData<string, string> Resources
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var (version, tables) in Versions)
            {
                foreach (var (resource, _) in tables)
                {
                    all.Add(version, resource);
                }
            }

            return all;
        }
    }

    [Fact]
    public void Every_kind_of_the_catalog_has_a_judge_of_each_version()
    {
        var kinds = ResourceCatalog
            .BuiltIn.Entries.Where(entry => !entry.Versions[0].Group.Contains("dask", StringComparison.Ordinal))
            .Select(entry => entry.Name)
            .ToArray();
        Assert.Empty(kinds.Except(Versions["1.34"].Select(table => table.Key)));
        Assert.Empty(kinds.Except(["secrets"]).Except(Versions["1.20"].Select(table => table.Key)));
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public void Every_cell_is_what_the_server_printed(string version, string resource)
    {
        var entry = ResourceCatalog.BuiltIn.Find(resource)!;
        var table = Versions[version][resource]!;
        var at = DateTimeOffset.Parse((string)table["at"]!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var columns = table["columns"]!.AsArray().Select(column => ((string)column!).ToUpperInvariant()).ToArray();
        var ours = columns.Where(column => !IsLeftOut(resource, column)).ToArray();
        var faults = new List<string>();
        var compared = 0;
        foreach (var row in table["rows"]!.AsArray())
        {
            var o = RawObject.Parse(Encoding.UTF8.GetBytes(row!["object"]!.ToJsonString()));
            var projected = entry.Project(o);
            Assert.Null(projected.Error);
            for (var i = 0; i < columns.Length; i++)
            {
                var index = entry
                    .Columns.Index()
                    .Where(column => column.Item.Name == columns[i])
                    .Select(column => (int?)column.Index)
                    .FirstOrDefault();
                if (IsLeftOut(resource, columns[i]))
                {
                    continue;
                }

                if (index is null)
                {
                    faults.Add($"the server has a column {columns[i]}, which we have not");
                    continue;
                }

                if (version == "1.20" && (resource, columns[i]) is ("horizontalpodautoscalers", "TARGETS") or ("pods", "RESTARTS"))
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
        Assert.True(compared >= (ours.Length - 1) * table["rows"]!.AsArray().Count, "hardly a column was compared");
        Assert.Equal(ours, entry.Columns.Select(column => column.Name).Where(columns.Contains));
        if (version == "1.34")
        {
            // As many columns, and the same of them wide.
            Assert.Equal(ours, entry.Columns.Select(column => column.Name));
            Assert.Equal(
                table["wide"]!.AsArray().Select(column => ((string)column!).ToUpperInvariant()),
                entry.Columns.Where(column => column.IsWide).Select(column => column.Name)
            );
        }
    }

    /// <summary>
    /// Of a secret only metadata is ever asked for: what is in it, and of which type it is, nobody here knows.
    /// </summary>
    private static bool IsLeftOut(string resource, string column) => resource == "secrets" && column is "TYPE" or "DATA";

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

        var crash = Tables["pods"]!["rows"]!
            .AsArray()
            .Select(row => row!["object"]!)
            .Single(o => (string)o["metadata"]!["name"]! == "crash");
        var pod = RawObject.Parse(Encoding.UTF8.GetBytes(crash.ToJsonString()));
        var finished = DateTimeOffset.Parse(
            (string)crash["status"]!["containerStatuses"]![0]!["lastState"]!["terminated"]!["finishedAt"]!,
            CultureInfo.InvariantCulture
        );
        Assert.Equal("7 (5m ago)", entry.Project(pod).Text(restarts, finished.AddMinutes(5)));
    }
}

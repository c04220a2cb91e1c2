using System.Text;
using System.Text.RegularExpressions;
using Vigia.Controllers;
using Vigia.Gateway.Endpoints.Metrics.Objects;
using Vigia.Gateway.Tests.Access;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Metrics;

/// <summary>
/// docs/metrics.md has every metric there is, with its labels, and no other: the tables are what gateways say.
/// VIGIA_WRITE_DOCS=1 writes them.
/// </summary>
public sealed partial class MetricsDocumentTests
{
    [Fact]
    public async Task The_tables_of_the_document_are_what_is_told()
    {
        var path = Path.Combine(Repository(), "docs", "metrics.md");
        var document = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var expected = Replace(Replace(document, "gateway", Table(await FamiliesAsync())), "objects", Objects());
        if (Environment.GetEnvironmentVariable("VIGIA_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(path, expected, TestContext.Current.CancellationToken);
            return;
        }

        Assert.True(
            expected == document,
            $"docs/metrics.md is not what gateways say; run this test with VIGIA_WRITE_DOCS=1 to write it again. Missing there: "
                + $"{string.Join('\n', expected.Split('\n').Except(document.Split('\n')))}"
        );
    }

    /// <summary>What a gateway says that has everything: callers, streams, an audit log, a queue beside it.</summary>
    private static async Task<SortedDictionary<string, Family>> FamiliesAsync()
    {
        var folder = Directory.CreateTempSubdirectory("vigia-metrics");
        try
        {
            await using var fixture = await AccessFixture.StartAsync(audit: new() { Path = Path.Combine(folder.FullName, "audit.log") });
            using var queue = new WorkQueue<string>(new() { Name = "documented" }, TimeProvider.System);
            queue.Add("a");
            queue.AddAfter("b", TimeSpan.FromHours(1));
            using (await queue.GetAsync(TestContext.Current.CancellationToken)) { }

            await using var stream = await fixture.StreamAsync("admin-token");
            await stream.SyncedAsync();
            fixture.Inner.Put("new", "team-a");
            await stream.UntilAsync(events => events.Any(e => e.ObjectName == "new"), "the new pod came");
            await fixture.GetAsync("api/v1/pods", "nobody");
            await fixture.GetAsync("api/v1/pods?namespace=team-a", "anna-token");
            await fixture.GetAsync("api/v1/pods?namespace=team-a", "anna-token");
            var families = new SortedDictionary<string, Family>(StringComparer.Ordinal);
            await Eventually.TrueAsync(
                async () =>
                {
                    using var response = await fixture.SendAsync("metrics", "admin-token");
                    Read(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), families);
                    return families.ContainsKey("vigia_stream_delivery_seconds") && families.ContainsKey("workqueue_work_duration_seconds");
                },
                "all was measured"
            );

            // A server that sends bookmarks soon.
            await using var other = await GatewayFixture.StartAsync();
            var gateway = await other.GatewayAsync();
            await Eventually.TrueAsync(
                async () =>
                {
                    Read(await other.Http.GetStringAsync(new Uri(gateway.Url, "metrics"), TestContext.Current.CancellationToken), families);
                    return families.ContainsKey("vigia_informer_last_bookmark_timestamp_seconds")
                        && families.ContainsKey("vigia_informer_last_event_timestamp_seconds");
                },
                "a bookmark came"
            );
            return families;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Read(string text, SortedDictionary<string, Family> families)
    {
        Family? family = null;
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ', 4);
                families[parts[2]] = family = families.GetValueOrDefault(parts[2]) ?? new Family(parts[3]);
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                family!.Type = line.Split(' ')[3];
            }
            else if (line.Length > 0)
            {
                family!.Labels.UnionWith(Label().Matches(line).Select(match => match.Groups[1].Value).Where(label => label != "le"));
            }
        }
    }

    private static string Table(SortedDictionary<string, Family> families)
    {
        var text = new StringBuilder("| metric | type | labels | meaning |\n|---|---|---|---|\n");
        foreach (var (name, family) in families.Where(pair => !pair.Key.StartsWith("controller_runtime_", StringComparison.Ordinal)))
        {
            text.Append("| `")
                .Append(name)
                .Append("` | ")
                .Append(family.Type)
                .Append(" | ")
                .AppendJoin(' ', family.Labels)
                .Append(" | ")
                .Append(family.Help)
                .Append(" |\n");
        }

        return text.ToString();
    }

    private static string Objects()
    {
        var text = new StringBuilder();
        foreach (var resource in ObjectMetrics.Resources)
        {
            string[] own =
            [
                .. resource.IsNamespaced ? ["namespace"] : Array.Empty<string>(),
                resource.Label,
                .. resource.HasUid ? ["uid"] : Array.Empty<string>(),
            ];
            text.Append("### ")
                .Append(resource.Name)
                .Append("\n\nEach with ")
                .AppendJoin(", ", own.Select(label => $"`{label}`"))
                .Append(".\n\n| metric | type | further labels | meaning |\n|---|---|---|---|\n");
            foreach (var family in resource.Families)
            {
                text.Append("| `")
                    .Append(family.Name)
                    .Append("` | ")
                    .Append(family.Type.ToString().ToLowerInvariant())
                    .Append(" | ")
                    .Append(family.Labels)
                    .Append(" | ")
                    .Append(family.Help)
                    .Append(" |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Replace(string document, string name, string table)
    {
        var (begin, end) = ($"<!-- {name} -->\n", $"<!-- /{name} -->");
        var from = document.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return string.Concat(document.AsSpan(0, from), table, document.AsSpan(document.IndexOf(end, StringComparison.Ordinal)));
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Vigia.slnx")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    [GeneratedRegex("([a-zA-Z_]+)=\"")]
    private static partial Regex Label();

    private sealed class Family(string help)
    {
        public string Help => help;

        public string Type { get; set; } = "";

        public SortedSet<string> Labels { get; } = new(StringComparer.Ordinal);
    }
}

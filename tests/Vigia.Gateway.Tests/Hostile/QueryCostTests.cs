using System.Diagnostics;
using System.Net;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>Queries that are meant to cost much: what one request can cost is bounded, whatever it asks.</summary>
[Collection("alone")]
public sealed class QueryCostTests(ITestOutputHelper output)
{
    private const int Longest = 7900;

    public static TheoryData<string, string> Expensive =>
        new()
        {
            { "many field terms", "fieldSelector=" + Uri.EscapeDataString(Fill(i => $"x{i}!=1")) },
            { "one field again and again", "fieldSelector=" + Uri.EscapeDataString(Fill(_ => "a!=b")) },
            { "a deep path", "fieldSelector=" + Uri.EscapeDataString(string.Concat(Enumerable.Repeat("a.", 1200)) + "a!=1") },
            { "all of all", "fieldSelector=" + Uri.EscapeDataString(string.Concat(Enumerable.Repeat("*.", 1200)) + "a!=1") },
            { "all of all, many times", "fieldSelector=" + Uri.EscapeDataString(Fill(i => $"*.*.*.*.*.x{i}!=1")) },
            {
                "filters",
                "fieldSelector="
                    + Uri.EscapeDataString(
                        Fill(i => $"spec[?(@.x!\"{i}\")][?(@.*.*!\"y\")]!=1".Replace("!\"", "!=\"", StringComparison.Ordinal))
                    )
            },
            { "brackets without end", "fieldSelector=" + Uri.EscapeDataString(string.Concat(Enumerable.Repeat("a[?(@", 500)) + "=1") },
            { "indexes from the end", "fieldSelector=" + Uri.EscapeDataString(Fill(_ => "spec.containers[-1][-1]!=1")) },
            { "many label terms", "labelSelector=" + Uri.EscapeDataString(Fill(i => $"!x{i}")) },
            { "many values of a label", "labelSelector=" + Uri.EscapeDataString($"app notin ({Fill(i => $"x{i}")})") },
            { "many search terms", "search=" + Uri.EscapeDataString(Fill(i => $"!x{i}").Replace(',', ' ')) },
            { "many fuzzy terms", "search=" + Uri.EscapeDataString(Fill(i => $"!~eee{i}x").Replace(',', ' ')) },
            {
                "the regular expression that never ends, which is a text here",
                "search=" + Uri.EscapeDataString("(a+)+$" + new string('a', 5000) + "!")
            },
            { "many namespaces", "namespace=" + Uri.EscapeDataString(Fill(i => $"n{i % 900}")) },
            { "many paths of interest", "changed=" + Uri.EscapeDataString(Fill(i => $"a[*].b{i}")) },
            { "many columns to sort by", "sort=" + Uri.EscapeDataString(Fill(i => i % 2 == 0 ? "name" : "-age")) },
            {
                "as many field terms as may be",
                "fieldSelector="
                    + Uri.EscapeDataString(string.Join(',', Enumerable.Range(0, QueryLimits.FieldTerms).Select(i => $"*.x{i}!=1")))
            },
            {
                "field terms that walk everything",
                "fieldSelector="
                    + Uri.EscapeDataString(string.Join(',', Enumerable.Range(0, QueryLimits.FieldTerms).Select(i => $"*.*.*.*.*.x{i}!=1")))
            },
            {
                "as many fuzzy terms as may be",
                "search="
                    + Uri.EscapeDataString(
                        string.Join(' ', Enumerable.Range(0, QueryLimits.SearchTerms).Select(i => $"!~{new string('e', 100)}{i}x"))
                    )
            },
            {
                "as many values of a label as may be",
                "labelSelector="
                    + Uri.EscapeDataString(
                        $"app notin ({string.Join(',', Enumerable.Range(0, QueryLimits.LabelTerms - 1).Select(i => $"x{i}"))})"
                    )
            },
            { "as many columns as may be", "sort=" + string.Join(',', Enumerable.Repeat("-ready", QueryLimits.SortColumns)) },
            { "the whole alphabet of planes", "search=" + Uri.EscapeDataString(string.Concat(Enumerable.Repeat("\U0001F4A9", 600))) },
        };

    /// <summary>2,000 pods: some hundred milliseconds at most; without limits it were many seconds.</summary>
    [Fact]
    public async Task No_query_takes_out_of_proportion_to_a_plain_list()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        for (var i = 0; i < 2000; i++)
        {
            fixture.Put($"pod-{i}", annotation: new string('e', 2000));
        }

        var gateway = await fixture.GatewayAsync();
        var worst = TimeSpan.Zero;
        foreach (var row in Expensive)
        {
            var (what, query) = row.Data;
            var watch = Stopwatch.StartNew();
            using var response = await fixture.Http.GetAsync(
                new Uri(gateway.Url, $"api/v1/pods?limit=1&{query}"),
                TestContext.Current.CancellationToken
            );
            output.WriteLine($"{watch.ElapsedMilliseconds, 6} ms  {(int)response.StatusCode}  {what} ({query.Length} characters)");
            Assert.True(
                response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.RequestUriTooLong,
                $"{what}: {response.StatusCode}"
            );
            Assert.True(response.IsSuccessStatusCode || !what.StartsWith("as many", StringComparison.Ordinal), what);
            worst = watch.Elapsed > worst ? watch.Elapsed : worst;
        }

        Assert.InRange(worst, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.Empty(fixture.Logs.Faults);
    }

    /// <summary>Terms joined by commas, as many as fit into a request line after escaping.</summary>
    private static string Fill(Func<int, string> term)
    {
        var (text, length) = ("", 0);
        for (var i = 0; ; i++)
        {
            var next = term(i);
            length += Uri.EscapeDataString(next).Length + 3;
            if (length > Longest)
            {
                return text;
            }

            text += i == 0 ? next : "," + next;
        }
    }
}

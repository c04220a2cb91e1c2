using System.Collections;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Vigia.Gateway.Access;
using Vigia.Gateway.OpenApi;
using Vigia.Live.Queries;
using Vigia.Live.Rights;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.OpenApi;

/// <summary>
/// The parameters of the document against those that the handlers really look at: each handler is run with a query that
/// writes down what it is asked for.
/// </summary>
public sealed class ParameterTests
{
    [Fact]
    public async Task What_a_handler_looks_at_is_described_and_what_is_described_is_looked_at()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var uid = (string)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["items"]![0]!["uid"]!;
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/events")).Status == System.Net.HttpStatusCode.OK,
            "events are loaded"
        );
        var paths = (await Validators.DocumentAsync(fixture.Http, gateway))["paths"]!.AsObject();
        var looked = 0;
        foreach (var route in gateway.Routes.Where(route => route.Metadata.GetMetadata<ApiOperation>() is not null))
        {
            var pattern = route.RoutePattern.RawText!;
            foreach (var (from, to) in Instances(pattern))
            {
                var path = pattern.Replace(from, to, StringComparison.Ordinal);
                if (
                    paths[path]?["get"] is not { } operation
                    || (path != pattern && gateway.Routes.Any(other => other.RoutePattern.RawText == path))
                )
                {
                    continue;
                }

                var described = Validators
                    .ParametersOf(operation)
                    .Where(parameter => (string)parameter["in"]! == "query")
                    .Select(parameter => (string)parameter["name"]!)
                    .ToHashSet(StringComparer.Ordinal);
                var values = new RouteValueDictionary
                {
                    ["resource"] = to.StartsWith('{') ? "pods" : to,
                    ["uid"] = uid,
                    ["ns"] = "default",
                    ["preset"] = to,
                };
                var seen = await LookAsync(route, values, described, to);
                Assert.True(
                    described.SetEquals(seen.Except(Tolerated(to).Except(described))),
                    $"{pattern} as {to}: looked at {string.Join(',', seen.Order(StringComparer.Ordinal))}; described are "
                        + $"{string.Join(',', described.Order(StringComparer.Ordinal))}"
                );
                looked += described.Count;
            }
        }

        Assert.True(looked > 50, $"only {looked} parameters");
    }

    /// <summary>A route as it is, for resources with parameters of their own, and for each ready-made stream.</summary>
    private static IEnumerable<(string From, string To)> Instances(string pattern) =>
        pattern.Contains("{preset}", StringComparison.Ordinal)
            ? [("{preset}", "ide"), ("{preset}", "clusters"), ("{preset}", "autoscalers")]
        : pattern.Contains("{resource}", StringComparison.Ordinal)
            ? [("{resource}", "{resource}"), ("{resource}", "pods"), ("{resource}", "events"), ("{resource}", "nodes")]
        : [("{resource}", "{resource}")];

    /// <summary>
    /// What is looked at and rightly not described: a list has no updates that changed could leave out, nodes have no
    /// namespaces, sessions no target and clusters no user, and tables are described for any resource only.
    /// </summary>
    private static IEnumerable<string> Tolerated(string instance) =>
        instance switch
        {
            "nodes" => ["changed", "output", "namespace"],
            "pods" or "events" => ["changed", "output"],
            "ide" => ["target"],
            "clusters" or "autoscalers" => ["user"],
            _ => ["changed"],
        };

    /// <summary>Runs a handler until it has looked at what is described, or is done.</summary>
    private static async Task<IReadOnlyCollection<string>> LookAsync(
        RouteEndpoint route,
        RouteValueDictionary values,
        HashSet<string> described,
        string instance
    )
    {
        var query = new RecordingQuery(
            new()
            {
                ["project"] = "default",
                ["resources"] = "pods",
                ["kind"] = instance == "ide" ? "vscode" : "",
                ["namespace"] = "",
            }
        );
        using var leaving = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestAborted = leaving.Token, Response = { Body = new MemoryStream() } };
        context.Request.Method = "GET";
        context.Request.RouteValues = values;
        context.Features.Set<IQueryFeature>(new QueryFeature(query));
        context.Features.Set(ViewRights.Everything);
        context.Features.Set(new AccessNotes());
        var running = route.RequestDelegate!(context);
        await Eventually.TrueAsync(
            () => running.IsCompleted || described.IsSubsetOf(query.Asked),
            $"{route.RoutePattern.RawText} looks at all it describes",
            saw: () => $"nothing of {string.Join(',', described.Except(query.Asked))}"
        );
        await leaving.CancelAsync();
        try
        {
            await running;
        }
        catch (Exception error) when (error is OperationCanceledException or QueryException or InvalidOperationException)
        {
            // It was left, or refused what nobody meant: what it looked at is what counts.
        }

        return query.Asked;
    }

    private sealed class RecordingQuery(Dictionary<string, string> values) : IQueryCollection
    {
        private readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.Ordinal);

        public IReadOnlyCollection<string> Asked => [.. _asked.Keys];

        public int Count => values.Count;

        public ICollection<string> Keys => values.Keys;

        public StringValues this[string key]
        {
            get
            {
                _asked[key] = true;
                return values.GetValueOrDefault(key);
            }
        }

        public bool ContainsKey(string key) => TryGetValue(key, out _);

        public bool TryGetValue(string key, out StringValues value)
        {
            value = this[key];
            return values.ContainsKey(key);
        }

        public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() =>
            values.Select(pair => KeyValuePair.Create(pair.Key, new StringValues(pair.Value))).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

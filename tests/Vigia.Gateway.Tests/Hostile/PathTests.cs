using System.Collections.Concurrent;
using System.Globalization;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Tests.Access;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>
/// Names in paths that mean to lead elsewhere: they lead nowhere, and least of all to another path of the API server.
/// </summary>
public sealed class PathTests
{
    /// <summary>What stands where a name is expected.</summary>
    private static readonly string[] Names =
    [
        "..",
        ".",
        "%2e%2e",
        "%2E%2e",
        ".%2e",
        "..%2f..%2fsecrets",
        "%2e%2e%2fsecrets",
        "..%2f..%2f..%2fapi%2fv1%2fsecrets",
        "a%2fb",
        "a%2Flog",
        "%2f",
        "%252e%252e%252fsecrets",
        "%25%32%65%25%32%65",
        "..;",
        "..;/secrets",
        "a;b=c",
        ";",
        "a%3Fwatch=true",
        "a%23b",
        "a%5c..%5csecrets",
        "..%5c..%5csecrets",
        "%c0%ae%c0%ae",
        "%c0%af",
        "%ef%bc%8e%ef%bc%8e",
        "%e2%80%ae",
        "%f0%9f%92%a9",
        "%ff",
        "%",
        "%2",
        "%zz",
        "%u002e%u002e",
        "%0d%0aX-Injected:%201",
        "%0a",
        "%09",
        "%20",
        "%7f",
        "pods/../secrets",
        "pods/./..//secrets",
        "pods//",
        "//",
        "///secrets",
        "*",
        "$",
        "${jndi:ldap://x}",
        "{{7*7}}",
        "'%20or%201=1--",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "PODS",
        "Pod",
        "constructor",
        "__proto__",
        "CON",
        "~root",
        new('a', 254),
        new('a', 4000),
        string.Concat(Enumerable.Repeat("%2e%2e%2f", 400)),
        string.Concat(Enumerable.Repeat("../", 1000)),
        string.Concat(Enumerable.Repeat("a/", 2000)),
    ];

    /// <summary>Where names are expected.</summary>
    private static readonly string[] Places =
    [
        "/api/v1/{0}",
        "/api/v1/{0}/stream",
        "/api/v1/pods/{0}",
        "/api/v1/pods/{0}/related",
        "/api/v1/namespace/{0}/pods",
        "/api/v1/namespace/default/{0}",
        "/api/v1/events/{0}",
        "/events/{0}",
        "/{0}",
        "/api/v1/namespaces/{0}/pods",
        "/api/v1/namespaces/default/pods/{0}",
        "/api/v1/namespaces/default/{0}?watch=true&timeoutSeconds=1",
        "/api/{0}",
        "/apis/{0}",
        "/apis/apps/{0}",
        "/apis/apps/v1/{0}",
        "/kubernetes/{0}",
        "/kubernetes/{0}/api/v1/pods",
        "/kubernetes/sim/{0}",
        "/kubernetes/sim/api/v1/{0}",
        "/kubernetes/sim/api/v1/namespaces/{0}/pods",
        "/kubernetes/sim/api/v1/namespaces/default/pods/{0}",
        "/kubernetes/sim/api/v1/namespaces/default/pods/{0}/log",
        "/kubernetes/sim/apis/{0}/v1/deployments",
        "/kubernetes/sim/apis/apps/{0}/deployments",
    ];

    [Fact]
    public async Task Names_that_lead_elsewhere_are_refused_and_nothing_of_them_reaches_the_api_server()
    {
        var asked = new ConcurrentBag<string>();
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions
            {
                BookmarkInterval = TimeSpan.FromMilliseconds(200),
                OnRequest = (method, target) => asked.Add($"{method} {target}"),
            }
        );
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();

        // What is loaded when somebody first asks is loaded now: then nothing more is asked for.
        foreach (var feed in gateway.Clusters.Sessions[0].Feeds)
        {
            feed.Want();
        }

        await Eventually.TrueAsync(
            () =>
                gateway
                    .Clusters.Sessions[0]
                    .Feeds.All(feed => feed.Version is null || feed.Informer is { HasSynced: true, Freshness.IsLive: true }),
            "all is loaded"
        );
        var before = asked.Distinct().ToHashSet();
        foreach (var target in Targets)
        {
            Check(target, await AskAsync(gateway, target, ""));
        }

        Assert.Empty(fixture.Logs.Faults);

        // Watches that were opened again have another revision or timeout; their paths are the same.
        var paths = before.Select(PathOf).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(asked.Select(PathOf), path => !paths.Contains(path));
        Assert.DoesNotContain(asked, request => !request.StartsWith("GET ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_way_of_writing_a_path_leads_past_the_gate_or_to_another_tenant_s_objects()
    {
        await using var fixture = await AccessFixture.StartAsync();
        string[] more =
        [
            "/healthz/../api/v1/pods",
            "/healthz/%2e%2e/api/v1/pods",
            "//api/v1/pods",
            "/api//v1/pods",
            "/API/V1/PODS",
            "/api/v1/pods/",
            "/healthz/api/v1/pods",
            "/readyz;/../../api/v1/pods",
            "/kubernetes/sim/healthz/../api/v1/pods",
            "/./api/v1/pods",
            "http://x/api/v1/pods",
        ];
        foreach (var target in Targets.Concat(more))
        {
            var stranger = await AskAsync(fixture.Gateway, target, "");
            Assert.True(stranger.Status is 401 or 400 or 414, $"{target}: {stranger}");
            var tenant = await AskAsync(fixture.Gateway, target, "Authorization: Bearer anna-token\r\n");
            Assert.True(tenant.Status is 200 or 400 or 403 or 404 or 405 or 406 or 414, $"{target}: {tenant}");
            Assert.DoesNotContain("\"b1\"", tenant.Text, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> Targets =>
        Places.SelectMany(place => Names.Select(name => string.Format(CultureInfo.InvariantCulture, place, name)));

    private static Task<RawAnswer> AskAsync(GatewayServer gateway, string target, string headers) =>
        RawConnection.ExchangeAsync(
            gateway.Url,
            $"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json\r\n{headers}\r\n",
            stopAtHead: true
        );

    private static string PathOf(string request) => request.Split('?')[0];

    private static void Check(string target, RawAnswer answer)
    {
        var shown = target.Length <= 200 ? target : target[..200] + "…";
        Assert.True(answer.Status is 200 or 400 or 404 or 405 or 406 or 414, $"{shown}: {answer}");
        Assert.DoesNotContain("X-Injected", answer.Head, StringComparison.OrdinalIgnoreCase);

        // What a browser might take for a page is none.
        Assert.True(answer.Status != 200 || !answer.Text.Contains("<script>alert", StringComparison.Ordinal), shown);
        if (answer.Status is 404 or 405 or 406)
        {
            Assert.True(answer.Head.Contains("json", StringComparison.Ordinal) && answer.Error.Length > 0, $"{shown}: {answer}");
        }
    }
}

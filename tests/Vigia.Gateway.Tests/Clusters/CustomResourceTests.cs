using System.Net;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Clusters;

public sealed class CustomResourceTests
{
    [Fact]
    public async Task A_custom_resource_appears_with_its_definition_and_goes_with_it()
    {
        await using var fixture = await ClustersFixture.StartAsync("one");
        var gateway = await fixture.GatewayAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.GetAsync(gateway, "api/v1/widgets")).Status);

        await fixture["one"]
            .Objects.CreateAsync(
                Definition(
                    "example.com",
                    "{name: Size, type: integer, jsonPath: .spec.size}, {name: Colour, type: string, jsonPath: .spec.colour, priority: 1}"
                )
            );
        await fixture["one"].Objects.CreateAsync(Widget("example.com", "w1", 3));
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/widgets")).Status == HttpStatusCode.OK,
            "widgets are served"
        );
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/widgets/stream");
        await stream.SyncedAsync();
        await fixture["one"].Objects.CreateAsync(Widget("example.com", "w2", 5));
        await stream.UntilAsync(events => events.Any(e => e.ObjectName == "w2"), "w2");

        var (_, list) = await fixture.GetAsync(gateway, "api/v1/widgets.example.com?sort=-size");
        Assert.Equal("w2 5, w1 3", string.Join(", ", list["items"]!.AsArray().Select(item => $"{item!["name"]} {item["row"]!["size"]}")));
        var entry = (await fixture.GetAsync(gateway, "api/v1/resources")).Body["items"]!
            .AsArray()
            .Single(item => (string)item!["kind"]! == "Widget")!;
        Assert.Equal("widgets.example.com", (string)entry["name"]!);
        Assert.Equal(
            "NAME false, SIZE false, COLOUR true",
            string.Join(", ", entry["columns"]!.AsArray().Select(column => $"{column!["name"]} {column["wide"]!.ToString()}"))
        );
        Assert.Equal(
            2,
            (int)(await fixture.GetAsync(gateway, "api/v1/stats/overview")).Body["resources"]!["widgets.example.com"]!["total"]!
        );

        await fixture["one"].Objects.DeleteAsync("customresourcedefinitions", "widgets.example.com");
        await stream.UntilAsync(
            events =>
                events.Count(e => e.Name == "deleted") == 2
                && events.Any(e =>
                    e.Name == "degraded" && ((string)e.Data["reason"]!).Contains("its definition was deleted", StringComparison.Ordinal)
                ),
            "told that it is gone"
        );
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/widgets")).Status == HttpStatusCode.NotFound,
            "widgets are served no more"
        );

        // An open stream asked for the resource, not for one definition of it.
        await fixture["one"].Objects.CreateAsync(Definition("example.com", ""));
        await fixture["one"].Objects.CreateAsync(Widget("example.com", "w3", 1));
        await stream.UntilAsync(events => events.Any(e => e.ObjectName == "w3"), "w3");
    }

    [Fact]
    public async Task Two_groups_with_the_same_plural_go_by_their_full_names()
    {
        await using var fixture = await ClustersFixture.StartAsync("one");
        var gateway = await fixture.GatewayAsync();
        foreach (var group in new[] { "a.io", "b.io" })
        {
            await fixture["one"].Objects.CreateAsync(Definition(group, ""));
            await fixture["one"].Objects.CreateAsync(Widget(group, $"of-{group[0]}", 1));
        }

        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/widgets.b.io")).Status == HttpStatusCode.OK,
            "both are served"
        );
        Assert.Equal("of-a", (string)(await fixture.GetAsync(gateway, "api/v1/widgets.a.io")).Body["items"]![0]!["name"]!);
        Assert.Equal("of-b", (string)(await fixture.GetAsync(gateway, "api/v1/widgets.b.io")).Body["items"]![0]!["name"]!);
        var (status, problem) = await fixture.GetAsync(gateway, "api/v1/widgets");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal("'widgets' is ambiguous: use widgets.a.io or widgets.b.io", (string)problem["detail"]!);
    }

    [Fact]
    public async Task A_resource_of_several_clusters_is_one_with_the_columns_of_all()
    {
        await using var fixture = await ClustersFixture.StartAsync("one", "two");
        var gateway = await fixture.GatewayAsync();
        await fixture["one"].Objects.CreateAsync(Definition("example.com", "{name: Size, type: integer, jsonPath: .spec.size}"));
        await fixture["one"].Objects.CreateAsync(Widget("example.com", "w1", 3));
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/widgets")).Status == HttpStatusCode.OK,
            "one has widgets"
        );
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/widgets/stream");
        await stream.SyncedAsync();
        await fixture["two"].Objects.CreateAsync(Definition("example.com", "{name: Colour, type: string, jsonPath: .spec.colour}"));
        await fixture["two"].Objects.CreateAsync(Widget("example.com", "w2", 5));
        await stream.UntilAsync(events => events.Any(e => e.ObjectName == "w2"), "the other cluster's joins");

        // The columns are others now: what was there is sent again with them.
        await stream.UntilAsync(events => events.Count(e => e.Name == "added" && e.ObjectName == "w1") == 2, "w1 again");
        await Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/widgets")).Body["total"]! == 2,
            "both in one list"
        );
        var (_, list) = await fixture.GetAsync(gateway, "api/v1/widgets");
        Assert.Equal(
            ["w1 3 red", "w2 5 red"],
            list["items"]!.AsArray().Select(item => $"{item!["name"]} {item["row"]!["size"]} {item["row"]!["colour"]}")
        );
    }

    [Theory]
    [InlineData("one", "two")]
    [InlineData("two", "one")]
    public async Task A_cluster_that_defines_a_resource_differently_changes_nothing_for_the_others(string victim, string other)
    {
        await using var fixture = await ClustersFixture.StartAsync("one", "two");
        var gateway = await fixture.GatewayAsync();
        await fixture[victim].Objects.CreateAsync(Definition("example.com", "{name: Size, type: integer, jsonPath: .spec.size}"));
        await fixture[victim].Objects.CreateAsync(Widget("example.com", "w1", 3));
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, $"api/v1/widgets.example.com?cluster={victim}")).Status == HttpStatusCode.OK,
            "widgets are served"
        );

        await fixture[other]
            .Objects.CreateAsync(
                Definition("example.com", "{name: Ready, type: string, jsonPath: .metadata.annotations.fake}")
                    .Replace("scope: Namespaced", "scope: Cluster", StringComparison.Ordinal)
                    .Replace("kind: Widget,", "kind: Gadget,", StringComparison.Ordinal)
                    .Replace("WidgetList", "GadgetList", StringComparison.Ordinal)
            );
        await Eventually.TrueAsync(() => gateway.Clusters.Conflicts.Count == 1, "the conflict is noticed");

        var (status, raw) = await fixture.GetAsync(gateway, $"kubernetes/{victim}/apis/example.com/v1/namespaces/default/widgets");
        Assert.Equal((HttpStatusCode.OK, "WidgetList"), (status, (string?)raw["kind"]));
        var (_, list) = await fixture.GetAsync(gateway, $"api/v1/widgets.example.com?cluster={victim}&sort=-size");
        Assert.Equal("w1 3", string.Join(", ", list["items"]!.AsArray().Select(item => $"{item!["name"]} {item["row"]!["size"]}")));
        Assert.Null(list["items"]![0]!["row"]!["ready"]);
        var (_, health) = await fixture.GetAsync(gateway, "api/v1/health");
        Assert.Equal("degraded", (string?)health["status"]);
        Assert.Contains("widgets.example.com is defined differently", health["configuration"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_of_several_clusters_says_which_row_is_of_which()
    {
        await using var fixture = await ClustersFixture.StartAsync("one", "two");
        var gateway = await fixture.GatewayAsync();
        using var both = await fixture.Http.GetAsync(
            new Uri(gateway.Url, "api/v1/namespaces?output=table"),
            TestContext.Current.CancellationToken
        );
        var text = await both.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("CLUSTER   NAME", text, StringComparison.Ordinal);
        Assert.Contains("\none       default", text, StringComparison.Ordinal);
        Assert.Contains("\ntwo       default", text, StringComparison.Ordinal);
        Assert.True(both.Headers.CacheControl?.NoStore);
        Assert.StartsWith(
            "NAME",
            await fixture.Http.GetStringAsync(
                new Uri(gateway.Url, "api/v1/namespaces?output=table&cluster=one"),
                TestContext.Current.CancellationToken
            ),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_catalog_entry_whose_definition_comes_later_is_served_when_it_does()
    {
        await using var fixture = await ClustersFixture.StartAsync("one");
        var gateway = await fixture.GatewayAsync();
        await fixture["one"].Objects.CreateAsync(Definition("example.com", "{name: Size, type: integer, jsonPath: .spec.size}"));
        await Eventually.TrueAsync(() => gateway.Clusters.Catalog.Find("widgets") is not null, "found");
        var entry = gateway.Clusters.Catalog.Find("widgets")!;
        await fixture["one"]
            .Objects.PatchAsync(
                "customresourcedefinitions",
                "widgets.example.com",
                """{"spec":{"versions":[{"name":"v1","served":true,"storage":true,"additionalPrinterColumns":"""
                    + """[{"name":"Bulk","type":"integer","jsonPath":".spec.size"}],"schema":{"openAPIV3Schema":"""
                    + """{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}"""
            );
        await Eventually.TrueAsync(
            () => gateway.Clusters.Catalog.Find("widgets") is { } now && now != entry && now.Columns.Any(column => column.Name == "BULK"),
            "the columns changed"
        );
    }

    [Fact]
    public async Task Where_definitions_may_not_be_read_discovery_finds_custom_resources()
    {
        await using var fixture = await ClustersFixture.StartAsync();
        var rules = new PolicyRule
        {
            Verbs = ["list", "watch", "get"],
            ApiGroups = ["", "example.com"],
            Resources = ["*"],
        };
        await fixture.AddAsync(
            "one",
            new SimulatorOptions
            {
                Users =
                [
                    SimulatedUser.Admin,
                    new SimulatedUser
                    {
                        Name = "some",
                        Token = "some",
                        Rules = [rules],
                    },
                ],
                AnonymousRules = [],
            },
            "some"
        );
        fixture.Write();
        var gateway = await fixture.GatewayAsync(new ClusterOptions { DiscoveryWithoutDefinitions = TimeSpan.FromMilliseconds(100) });
        await fixture["one"].Objects.CreateAsync(Definition("example.com", "{name: Size, type: integer, jsonPath: .spec.size}"));
        await fixture["one"].Objects.CreateAsync(Widget("example.com", "w1", 3));
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/widgets")).Status == HttpStatusCode.OK,
            "widgets are served"
        );
        Assert.Equal("w1", (string)(await fixture.GetAsync(gateway, "api/v1/widgets")).Body["items"]![0]!["name"]!);
    }

    internal static string Definition(string group, string columns) =>
        $$"""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.{{group}}}
            spec:
              group: {{group}}
              scope: Namespaced
              names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList, shortNames: [wd]}
              versions:
              - name: v1
                served: true
                storage: true
                additionalPrinterColumns: [{{columns}}]
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true} }
            """;

    internal static string Widget(string group, string name, int size) =>
        $$"""
            apiVersion: {{group}}/v1
            kind: Widget
            metadata: {name: {{name}}, namespace: default}
            spec: {size: {{size}}, colour: red}
            """;
}

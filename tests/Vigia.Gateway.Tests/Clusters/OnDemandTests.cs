using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Clusters;

/// <summary>A cluster for a program that shows a few resources, perhaps without rights on all of it.</summary>
public sealed class OnDemandTests
{
    private const string Widgets = "widgets.example.com";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_definition_is_read_when_its_resource_is_asked_for_and_followed_from_then_on()
    {
        await using var server = await VigiaSimulator.StartAsync(cancellationToken: Token);
        await server.Objects.CreateAsync(Definition("{name: Size, type: integer, jsonPath: .spec.size}"));
        await using var client = new KubernetesClient(server.Configuration());
        await using var clusters = Start(new ClusterOptions { CustomResourcesOnDemand = true }, new KubernetesClusterSource(client));
        var session = clusters.Sessions[0];
        await session.DiscoveryAsync(Token);
        Assert.Null(session.Find(Widgets));

        var feed = (await session.ReadDefinitionAsync(Widgets, Token))!;
        Assert.Contains("SIZE", feed.Entry.Columns.Select(column => column.Name));
        feed.Want();
        await Eventually.TrueAsync(() => feed.Informer?.HasSynced == true, "the resource is loaded");

        // Other columns: another feed, which goes on with the same informer.
        await server.Objects.ApplyAsync(Definition("{name: Colour, type: string, jsonPath: .spec.colour}"), Token);
        await Eventually.TrueAsync(() => feed.Retired is not null, "the feed is retired");
        var next = session.Find(Widgets)!;
        Assert.Contains("COLOUR", next.Entry.Columns.Select(column => column.Name));
        Assert.Same(feed.Informer, next.Informer);

        await server.Objects.DeleteAsync("customresourcedefinitions", Widgets, Token);
        await Eventually.TrueAsync(() => session.Find(Widgets) is null && next.Retired is not null, "the resource is gone");
        Assert.Null(await session.ReadDefinitionAsync("nothing.example.com", Token));
    }

    [Fact]
    public async Task A_server_that_is_asked_again_tells_of_new_resources()
    {
        await using var server = await VigiaSimulator.StartAsync(cancellationToken: Token);
        await using var client = new KubernetesClient(server.Configuration());
        await using var clusters = Start(new ClusterOptions { CustomResourcesOnDemand = true }, new KubernetesClusterSource(client));
        var session = clusters.Sessions[0];
        Assert.Null((await session.DiscoveryAsync(Token)).Find(Widgets));
        await server.Objects.CreateAsync(Definition(""));
        Assert.NotNull((await session.RediscoverAsync(Token))!.Find(Widgets));
    }

    [Fact]
    public async Task A_resource_outside_the_catalog_has_a_feed_once_somebody_adds_it()
    {
        await using var server = await VigiaSimulator.StartAsync(cancellationToken: Token);
        await using var client = new KubernetesClient(server.Configuration());
        await using var clusters = Start(new ClusterOptions { CustomResources = false }, new KubernetesClusterSource(client));
        var session = clusters.Sessions[0];
        await session.DiscoveryAsync(Token);
        var entry = ResourceCatalog.ForCustomResource(
            "settings",
            [new GroupVersionResource("", "v1", "configmaps")],
            "ConfigMap",
            true,
            [],
            []
        );
        var feed = session.Add(entry);
        Assert.Same(feed, session.Add(entry));
        feed.Want();
        await Eventually.TrueAsync(() => feed.Informer?.HasSynced == true, "the resource is loaded");
        Assert.Same(feed, session.Find("settings"));
    }

    [Fact]
    public async Task Where_all_namespaces_are_denied_the_contexts_own_is_read()
    {
        await using var server = await VigiaSimulator.StartAsync(cancellationToken: Token);
        await using var client = new KubernetesClient(server.Configuration() with { Namespace = "shop" });
        await using var clusters = Start(new ClusterOptions { NarrowsWhenDenied = true }, new Limited(client));
        var session = clusters.Sessions[0];
        await Eventually.TrueAsync(() => session.Find("pods") is { Namespace: "shop", Informer.HasSynced: true }, "pods of shop");

        // Somebody asks for another namespace.
        var before = session.Find("pods")!;
        session.Narrow("pods", "other");
        Assert.True(before.IsReplaced);
        await Eventually.TrueAsync(() => session.Find("pods") is { Namespace: "other", Informer.HasSynced: true }, "pods of other");
    }

    [Fact]
    public async Task Tier_1_is_loaded_while_the_server_cannot_say_what_it_has()
    {
        await using var server = await VigiaSimulator.StartAsync(cancellationToken: Token);
        await using var client = new KubernetesClient(server.Configuration());
        await using var clusters = Start(
            new ClusterOptions { LoadsBeforeDiscovery = true },
            new Limited(client) { IsDiscoverable = false, DeniesAll = false }
        );
        var session = clusters.Sessions[0];
        await Eventually.TrueAsync(() => session.Find("pods") is { Informer.HasSynced: true }, "pods");
        Assert.False(session.IsDiscovered);
    }

    private static ClusterSet Start(ClusterOptions options, IClusterSource source)
    {
        var clusters = new ClusterSet(ResourceCatalog.BuiltIn, options, null, TimeProvider.System, NullLoggerFactory.Instance);
        clusters.Add(source);
        clusters.Start();
        return clusters;
    }

    private static string Definition(string columns) =>
        $$"""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: {{Widgets}}}
            spec:
              group: example.com
              scope: Namespaced
              names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
              versions:
              - name: v1
                served: true
                storage: true
                additionalPrinterColumns: [{{columns}}]
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true} }
            """;

    /// <summary>A cluster that denies lists of all namespaces, or cannot be asked what it has.</summary>
    private sealed class Limited(KubernetesClient client) : IClusterSource
    {
        public bool IsDiscoverable { get; init; } = true;

        public bool DeniesAll { get; init; } = true;

        public string Name => client.Configuration.Context;

        public KubernetesClient Client => client;

        public Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken) =>
            IsDiscoverable
                ? new DiscoveryClient(client).GetResourcesAsync(cancellationToken)
                : throw new KubernetesApiException(new KubernetesStatus(500, "", "not now", null, []), "GET", "/apis");

        public IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options)
        {
            var lister = new ResourceListerWatcher(client, Name, resource, options);
            return DeniesAll && options.Namespace is null ? new Denied(lister) : lister;
        }
    }

    private sealed class Denied(IListerWatcher lister) : IListerWatcher
    {
        public GroupVersionResource Resource => lister.Resource;

        public string Cluster => lister.Cluster;

        public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) => throw Refusal();

        public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) => throw Refusal();

        private KubernetesApiException Refusal() =>
            new(new KubernetesStatus(403, "Forbidden", $"cannot list {Resource}", null, []), "GET", "/");
    }
}

using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// What stands on the wire: the parameters that API servers accept together, and refusals read back from real answers
/// (docs/conformance.md 4, 6, 22, 33, 139, 141).
/// </summary>
public sealed class RequestTests
{
    private const string EmptyList = """{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"10"},"items":[]}""";

    private static readonly GroupVersionResource Pods = new("", "v1", "pods");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_from_the_cache_sends_revision_zero_and_its_limit()
    {
        await using var server = new WireServer();
        server.Answer(EmptyList);
        await New(server).ListAsync(new ListRequest(ResourceVersion.Any, Limit: 500), NoSink.Instance, Cancellation);

        Assert.Equal("/api/v1/pods?limit=500&resourceVersion=0", Assert.Single(server.Targets));
    }

    [Fact]
    public async Task A_consistent_list_sends_no_revision_at_all()
    {
        await using var server = new WireServer();
        server.Answer(EmptyList);
        await New(server).ListAsync(new ListRequest(), NoSink.Instance, Cancellation);

        Assert.Equal("/api/v1/pods", Assert.Single(server.Targets));
    }

    [Fact]
    public async Task A_further_page_sends_neither_revision_nor_match_beside_its_token()
    {
        await using var server = new WireServer();
        server.Answer(EmptyList);
        await New(server).ListAsync(new ListRequest(ResourceVersion.Parse("10"), "Exact", 500, "a+b/c="), NoSink.Instance, Cancellation);

        Assert.Equal(new() { ["limit"] = "500", ["continue"] = "a+b/c=" }, server.LastQuery());
    }

    [Fact]
    public async Task A_streaming_list_sends_exactly_what_servers_accept()
    {
        await using var server = new WireServer();
        server.Answer("");
        await using var stream = await New(server)
            .WatchAsync(new WatchRequest(ResourceVersion.None, TimeSpan.FromSeconds(301), SendInitialEvents: true), Cancellation);

        Assert.Equal(
            new()
            {
                ["watch"] = "true",
                ["allowWatchBookmarks"] = "true",
                ["timeoutSeconds"] = "301",
                ["sendInitialEvents"] = "true",
                ["resourceVersionMatch"] = "NotOlderThan",
            },
            server.LastQuery()
        );
        Assert.Null(await stream.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_watch_sends_its_revision_and_asks_for_bookmarks()
    {
        await using var server = new WireServer();
        server.Answer("");
        await using var stream = await New(server)
            .WatchAsync(new WatchRequest(ResourceVersion.Parse("77"), TimeSpan.FromSeconds(400)), Cancellation);

        Assert.Equal(
            new()
            {
                ["watch"] = "true",
                ["allowWatchBookmarks"] = "true",
                ["timeoutSeconds"] = "400",
                ["resourceVersion"] = "77",
            },
            server.LastQuery()
        );
    }

    [Fact]
    public async Task Namespace_and_selectors_go_with_every_list_page_and_watch()
    {
        await using var server = new WireServer();
        server.Answer(EmptyList);
        server.Answer(EmptyList);
        server.Answer("");
        var source = New(
            server,
            new ListerWatcherOptions
            {
                Namespace = "team-a",
                LabelSelector = "app in (a,b)",
                FieldSelector = "spec.nodeName=n1",
            }
        );
        await source.ListAsync(new ListRequest(), NoSink.Instance, Cancellation);
        await source.ListAsync(new ListRequest(Continue: "x"), NoSink.Instance, Cancellation);
        await using var stream = await source.WatchAsync(
            new WatchRequest(ResourceVersion.Parse("1"), TimeSpan.FromSeconds(300)),
            Cancellation
        );

        Assert.All(
            server.Targets,
            target =>
            {
                Assert.StartsWith("/api/v1/namespaces/team-a/pods?", target, StringComparison.Ordinal);
                Assert.Contains("labelSelector=app%20in%20%28a%2Cb%29&fieldSelector=spec.nodeName%3Dn1", target, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public async Task Metadata_alone_is_asked_for_by_the_accept_header_of_list_and_watch()
    {
        await using var server = new WireServer();
        server.Answer(EmptyList);
        server.Answer("");
        var source = New(server, new ListerWatcherOptions { MetadataOnly = true });
        await source.ListAsync(new ListRequest(), NoSink.Instance, Cancellation);
        await using var stream = await source.WatchAsync(
            new WatchRequest(ResourceVersion.Parse("1"), TimeSpan.FromSeconds(300)),
            Cancellation
        );

        Assert.Equal(
            ["PartialObjectMetadataList", "PartialObjectMetadata"],
            server.Accepts.Select(accept => accept.Split("as=")[1].Split(';')[0])
        );
    }

    [Theory]
    [InlineData(
        """{"kind":"Status","code":410,"reason":"Expired","message":"The provided continue parameter is too old"}""",
        410,
        true,
        false
    )]
    [InlineData("""{"kind":"Status","code":410,"reason":"Gone","message":"too old resource version: 1 (2)"}""", 410, true, false)]
    [InlineData(
        """{"kind":"Status","code":504,"reason":"Timeout","message":"Timeout","details":{"causes":"""
            + """[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1}}""",
        504,
        false,
        true
    )]
    [InlineData(
        """{"kind":"Status","code":504,"reason":"Timeout","message":"Timeout","details":{"causes":[{"message":"Too large resource """
            + """version"}]}}""",
        504,
        false,
        true
    )]
    [InlineData(
        """{"kind":"Status","code":504,"reason":"Timeout","message":"Timeout: Too large resource version: 12, current: 10"}""",
        504,
        false,
        true
    )]
    [InlineData("""{"kind":"Status","code":504,"reason":"Timeout","message":"request timed out"}""", 504, false, false)]
    [InlineData("""{"kind":"Status","code":500,"reason":"InternalError","message":"Too large resource version"}""", 500, false, false)]
    public async Task Expired_and_too_large_revisions_are_told_apart_in_every_shape_they_were_given(
        string status,
        int code,
        bool isExpired,
        bool isTooLarge
    )
    {
        await using var server = new WireServer();
        server.Answer(status, code);
        var refused = await Assert.ThrowsAsync<KubernetesApiException>(async () =>
            await New(server).WatchAsync(new WatchRequest(ResourceVersion.Parse("12"), TimeSpan.FromSeconds(300)), Cancellation)
        );

        Assert.Equal((code, isExpired, isTooLarge), (refused.Code, refused.IsExpired, refused.IsTooLargeResourceVersion));
    }

    [Theory]
    [InlineData("Retry-After: 7\r\n", """{"kind":"Status","code":429,"reason":"TooManyRequests","message":"later"}""")]
    [InlineData("", """{"kind":"Status","code":429,"reason":"TooManyRequests","message":"later","details":{"retryAfterSeconds":7}}""")]
    public async Task A_refused_watch_carries_the_server_s_retry_after_from_its_header_or_its_status_and_is_not_repeated_by_the_transport(
        string headers,
        string status
    )
    {
        await using var server = new WireServer();
        server.Answer(status, 429, headers);
        var refused = await Assert.ThrowsAsync<KubernetesApiException>(async () =>
            await New(server).WatchAsync(new WatchRequest(ResourceVersion.Parse("12"), TimeSpan.FromSeconds(300)), Cancellation)
        );

        Assert.Equal(TimeSpan.FromSeconds(7), refused.RetryAfter);
        Assert.Single(server.Targets);
    }

    [Fact]
    public async Task A_watch_that_breaks_off_within_an_event_is_a_broken_connection_after_the_events_before_it()
    {
        await using var server = new WireServer();
        server.Answer(
            """{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u","resourceVersion":"11"}}}""" + "\n" + """{"type":"ADDED","obj"""
        );
        await using var stream = await New(server)
            .WatchAsync(new WatchRequest(ResourceVersion.Parse("10"), TimeSpan.FromSeconds(300)), Cancellation);

        Assert.Equal("a", (await stream.ReadAsync(Cancellation))!.Value.Object!.Name);
        await Assert.ThrowsAsync<IOException>(async () => await stream.ReadAsync(Cancellation));
    }

    private static ResourceListerWatcher New(WireServer server, ListerWatcherOptions? options = null) =>
        new(server.Client, "wire", Pods, options);

    private sealed class NoSink : IListSink
    {
        public static readonly NoSink Instance = new();

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => true;

        public void Item(RawObject item) { }
    }
}

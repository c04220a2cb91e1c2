using System.Text.Json.Nodes;
using Vigia.Controllers;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Election;

/// <summary>The lease as an API server keeps it: conformance item 137, and what goes over the wire.</summary>
public sealed class LeaseLockTests : IAsyncDisposable
{
    private const string Collection = "/apis/coordination.k8s.io/v1/namespaces/ops/leases";
    private const string Item = Collection + "/operator";

    private static readonly LeaseRecord Held = new()
    {
        HolderIdentity = "me",
        LeaseDurationSeconds = 15,
        AcquireTime = new DateTimeOffset(2026, 11, 21, 1, 2, 3, TimeSpan.FromHours(1)),
        RenewTime = new DateTimeOffset(2026, 11, 21, 1, 2, 3, TimeSpan.Zero).AddMicroseconds(4),
        LeaderTransitions = 3,
    };

    private readonly HttpObjectServer _server = new();

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Creates_a_lease_with_its_labels_and_times_of_six_digits()
    {
        var made = await Lock(("app", "operator")).CreateAsync(Held, CancellationToken.None);

        var (verb, path, body) = Assert.Single(_server.Requests);
        Assert.Equal(("POST", Collection), (verb, path));
        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse(
                    """
                    {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"operator","namespace":"ops",
                    "labels":{"app":"operator"}},
                     "spec":{"holderIdentity":"me","leaseDurationSeconds":15,"acquireTime":"2026-11-21T00:02:03.000000Z",
                     "renewTime":"2026-11-21T01:02:03.000004Z","leaseTransitions":3}}
                    """
                ),
                JsonNode.Parse(body)
            ),
            body
        );
        Assert.Equal(Held, made.Record);
        Assert.Equal("101", made.ResourceVersion);
    }

    [Fact]
    public async Task Reads_what_was_written_and_null_where_nothing_was()
    {
        Assert.Null(await Lock().GetAsync(CancellationToken.None));
        await Lock().CreateAsync(Held, CancellationToken.None);

        Assert.Equal(Held, (await Lock().GetAsync(CancellationToken.None))!.Record);
    }

    [Fact]
    public async Task Reads_a_lease_without_a_spec_as_free()
    {
        _server.Put(Item, """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"operator"}}""");

        Assert.Equal(new LeaseRecord(), (await Lock().GetAsync(CancellationToken.None))!.Record);
    }

    [Fact]
    public async Task An_update_merges_its_labels_and_loses_no_field_of_others()
    {
        _server.Put(
            Item,
            """
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"operator","namespace":"ops","uid":"u1",
            "labels":{"team":"blue","app":"old"},"annotations":{"a":"b"}},
             "spec":{"holderIdentity":"you","preferredHolder":"them","strategy":"OldestEmulationVersion"}}
            """
        );
        var seen = await Lock().GetAsync(CancellationToken.None);
        await Lock(("app", "new"), ("x", "y")).UpdateAsync(seen!, Held, CancellationToken.None);

        var now = _server.Objects[Item];
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"team":"blue","app":"new","x":"y"}"""), now["metadata"]!["labels"]));
        Assert.Equal(("u1", "b"), ((string?)now["metadata"]!["uid"], (string?)now["metadata"]!["annotations"]!["a"]));
        Assert.Equal(
            ("me", "them", "OldestEmulationVersion"),
            ((string?)now["spec"]!["holderIdentity"], (string?)now["spec"]!["preferredHolder"], (string?)now["spec"]!["strategy"])
        );
    }

    [Fact]
    public async Task A_lease_without_labels_gets_them_and_a_lock_without_labels_leaves_them()
    {
        _server.Put(Item, """{"metadata":{"name":"operator","labels":null},"spec":null}""");
        var seen = await Lock().GetAsync(CancellationToken.None);
        seen = await Lock().UpdateAsync(seen!, Held, CancellationToken.None);
        Assert.Null(_server.Objects[Item]["metadata"]!["labels"]);

        await Lock(("app", "new")).UpdateAsync(seen, Held, CancellationToken.None);
        Assert.Equal("new", (string?)_server.Objects[Item]["metadata"]!["labels"]!["app"]);
    }

    [Fact]
    public async Task A_released_lease_has_no_holder_at_all()
    {
        var seen = await Lock().CreateAsync(Held, CancellationToken.None);
        await Lock().UpdateAsync(seen, Held with { HolderIdentity = "", LeaseDurationSeconds = 1 }, CancellationToken.None);

        Assert.False(_server.Objects[Item]["spec"]!.AsObject().ContainsKey("holderIdentity"));
    }

    [Fact]
    public async Task An_update_from_an_older_state_is_a_conflict_and_so_is_a_second_creation()
    {
        var seen = await Lock().CreateAsync(Held, CancellationToken.None);
        await Lock().UpdateAsync(seen, Held, CancellationToken.None);

        Assert.True(
            (await Assert.ThrowsAsync<KubernetesApiException>(() => Lock().UpdateAsync(seen, Held, CancellationToken.None))).IsConflict
        );
        Assert.True((await Assert.ThrowsAsync<KubernetesApiException>(() => Lock().CreateAsync(Held, CancellationToken.None))).IsConflict);
    }

    [Fact]
    public async Task A_refused_read_is_an_error_and_not_an_absent_lease()
    {
        _server.Refuse = (_, _) => (403, "Forbidden");

        Assert.True((await Assert.ThrowsAsync<KubernetesApiException>(() => Lock().GetAsync(CancellationToken.None))).IsForbidden);
    }

    [Fact]
    public void Calls_itself_by_namespace_and_name() => Assert.Equal("lease ops/operator", Lock().Description);

    private LeaseLock Lock(params (string Name, string Value)[] labels) =>
        new(
            _server.Client(),
            "ops",
            "operator",
            labels.Length == 0 ? null : labels.ToDictionary(label => label.Name, label => label.Value)
        );
}

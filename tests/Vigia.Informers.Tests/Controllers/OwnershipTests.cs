using Vigia.Controllers;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Controllers;

/// <summary>Which owners are told of what happens to the objects they own.</summary>
public sealed class OwnershipTests : IAsyncDisposable
{
    private readonly ControllerFixture _fixture = new();
    private readonly ScriptedServer _pods = new();
    private ulong _revision = 1_000;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_change_of_an_owned_object_is_its_owner_s_work()
    {
        await StartAsync();
        Send("ADDED", "pod-1", Owner("web"));
        await _fixture.BeganAsync("web-");
        Send("DELETED", "pod-1", Owner("web"));

        await _fixture.BeganAsync("web-", "web-");
    }

    [Fact]
    public async Task An_object_that_changes_hands_is_both_owners_work()
    {
        await StartAsync();
        Send("ADDED", "pod-1", Owner("old"));
        await _fixture.BeganAsync("old-");

        // A key that is still in hand is worked on again only after what waits.
        await _fixture.IdleAsync();
        Send("MODIFIED", "pod-1", Owner("new"));

        await _fixture.BeganAsync("old-", "old-", "new-");
    }

    [Fact]
    public async Task Owners_of_another_kind_or_group_and_owners_that_are_not_in_control_are_left_alone()
    {
        await StartAsync();
        Send("ADDED", "pod-1", Owner("other-kind", kind: "Job", apiVersion: "apps/v1"));
        Send("ADDED", "pod-2", Owner("other-group", apiVersion: "example.com/v1"));
        Send("ADDED", "pod-3", Owner("core-group", apiVersion: "v1"));
        Send("ADDED", "pod-4", Owner("not-in-control", controller: false));
        Send("ADDED", "pod-5", "");
        Send("ADDED", "pod-6", Owner("of-any-version", apiVersion: "apps/v2"));

        await _fixture.BeganAsync("of-any-version-");
    }

    [Fact]
    public async Task Every_owner_is_told_where_that_is_asked_for_and_cluster_scoped_ones_have_no_namespace()
    {
        var keys = new List<ObjectKey>();
        _fixture.Work = (key, _) =>
        {
            keys.Add(key);
            return ValueTask.FromResult(ReconcileResult.Done);
        };
        var pods = _fixture.Watch(_pods);
        await _fixture.StartAsync(watches: builder =>
            builder.For(_fixture.Informer).Owns(pods, "apps", "Deployment", clusterScoped: true, anyOwner: true)
        );
        Send("ADDED", "pod-1", $"{Owner("a", controller: false)},{Owner("b")}");
        await _fixture.BeganAsync("a-", "b-");
        await _fixture.IdleAsync();

        Assert.Equal([new("", "a"), new("", "b")], keys);
    }

    private async Task StartAsync()
    {
        var pods = _fixture.Watch(_pods);
        await _fixture.StartAsync(watches: builder => builder.For(_fixture.Informer).Owns(pods, "apps", "Deployment"));
    }

    private static string Owner(string name, string kind = "Deployment", string apiVersion = "apps/v1", bool controller = true)
    {
        var flag = controller ? "true" : "false";
        return $$"""{"apiVersion":"{{apiVersion}}","kind":"{{kind}}","name":"{{name}}","uid":"uid-{{name}}","controller":{{flag}}}""";
    }

    private void Send(string type, string name, string owners) =>
        _pods.Send(
            $$$"""{"type":"{{{type}}}","object":{"kind":"Pod","apiVersion":"v1","metadata":{"ownerReferences":[{{{owners}}}]"""
                + $$$""","name":"{{{name}}}","namespace":"default","uid":"{{{name}}}","resourceVersion":"{{{++_revision}}}"} } }"""
        );
}

using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Serving;

/// <summary>A custom resource in several versions is one set of objects.</summary>
public sealed class VersionTests
{
    [Fact]
    public async Task An_object_made_in_one_version_is_there_in_each_other_and_differs_by_apiVersion()
    {
        await using var fixture = await Fixture.StartAsync();
        await ApplyAsync(fixture, "two-versions.yaml");
        await ApplyAsync(fixture, "valve.yaml");
        foreach (var version in new[] { "v1", "v1beta1" })
        {
            var list = await fixture.GetAsync(Valves(version));
            Assert.Equal($"acme.example.com/{version}", (string?)list["apiVersion"]);
            var item = list["items"]!.AsArray().Single()!;
            Assert.Equal(
                ("made-by-v1beta1", $"acme.example.com/{version}"),
                ((string?)item["metadata"]!["name"], (string?)item["apiVersion"])
            );
            Assert.Equal(
                $"acme.example.com/{version}",
                (string?)(await fixture.GetAsync(Valves(version) + "/made-by-v1beta1"))["apiVersion"]
            );
        }

        // A change by one name is seen by the watch of the other, and one uid is one object.
        var revision = (string?)(await fixture.GetAsync(Valves("v1")))["metadata"]!["resourceVersion"];
        using var watch = await fixture.WatchAsync(Valves("v1beta1") + $"?watch=1&resourceVersion={revision}");
        await fixture.SendAsync(
            HttpMethod.Patch,
            Valves("v1") + "/made-by-v1beta1",
            """{"spec":{"x":2}}""",
            contentType: "application/merge-patch+json"
        );
        var (text, told) = (await watch.NextAsync())!.Value;
        Assert.Equal(
            ("MODIFIED made-by-v1beta1", "acme.example.com/v1beta1", 2),
            (text, (string?)told["apiVersion"], (int)told["spec"]!["x"]!)
        );
        Assert.Equal(
            ["v1", "v1beta1"],
            (await fixture.GetAsync("/apis/acme.example.com"))["versions"]!.AsArray().Select(v => (string?)v!["version"])
        );
        await fixture.SendAsync(HttpMethod.Delete, Valves("v1") + "/made-by-v1beta1", null);
        await fixture.GetAsync(Valves("v1beta1") + "/made-by-v1beta1", 404);
    }

    [Fact]
    public async Task A_version_that_is_no_longer_served_is_gone_its_watches_end_and_its_objects_are_in_the_next()
    {
        await using var fixture = await Fixture.StartAsync();
        var definition = (await TextAsync("crd-v2.yaml")).Replace(
            "served: false, storage: false",
            "served: true, storage: true",
            StringComparison.Ordinal
        );
        var first = definition[..definition.IndexOf("  - name: v2", StringComparison.Ordinal)];
        await fixture.Simulator.Objects.ApplyAsync(first);
        const string One = "/apis/acme.example.com/v1/namespaces/default/gadgets";
        await fixture.SendAsync(HttpMethod.Post, One, """{"metadata":{"name":"g"},"spec":{"name":"n"}}""", 201);
        var uid = (string?)(await fixture.GetAsync(One + "/g"))["metadata"]!["uid"];
        using var watch = await fixture.WatchAsync(One + "?watch=1");
        Assert.Equal("ADDED g", await watch.TextAsync());

        await ApplyAsync(fixture, "crd-v2.yaml");
        Assert.Null(await watch.NextAsync());
        await fixture.GetAsync(One, 404);
        Assert.Equal(["v2"], (await fixture.GetAsync("/apis/acme.example.com"))["versions"]!.AsArray().Select(v => (string?)v!["version"]));
        var held = await fixture.GetAsync("/apis/acme.example.com/v2/namespaces/default/gadgets/g");
        Assert.Equal(("acme.example.com/v2", uid), ((string?)held["apiVersion"], (string?)held["metadata"]!["uid"]));
        var table = await fixture.GetAsync(
            "/apis/acme.example.com/v2/namespaces/default/gadgets",
            accept: "application/json;as=Table;g=meta.k8s.io;v=v1"
        );
        Assert.Contains("Second", table["columnDefinitions"]!.AsArray().Select(column => (string?)column!["name"]));

        await fixture.SendAsync(
            HttpMethod.Delete,
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.acme.example.com",
            null
        );
        await fixture.GetAsync("/apis/acme.example.com/v2/namespaces/default/gadgets", 404);
    }

    [Fact]
    public async Task A_restored_state_serves_the_versions_it_had()
    {
        await using var fixture = await Fixture.StartAsync();
        await ApplyAsync(fixture, "two-versions.yaml");
        await ApplyAsync(fixture, "valve.yaml");
        var backup = fixture.Simulator.Snapshot();
        await fixture.SendAsync(HttpMethod.Delete, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/valves.acme.example.com", null);
        await fixture.GetAsync(Valves("v1beta1"), 404);
        fixture.Simulator.Restore(backup);
        Assert.Single((await fixture.GetAsync(Valves("v1beta1")))["items"]!.AsArray());
        Assert.NotNull(
            fixture.Simulator.Store.Get(
                new GroupVersionResource("acme.example.com", "v1beta1", "valves"),
                new ObjectKey("default", "made-by-v1beta1")
            )
        );
    }

    private static string Valves(string version) => $"/apis/acme.example.com/{version}/namespaces/default/valves";

    private static async Task ApplyAsync(Fixture fixture, string file) => await fixture.Simulator.Objects.ApplyAsync(await TextAsync(file));

    private static Task<string> TextAsync(string file) =>
        File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "testdata", "crd-versions", file), Fixture.Token);
}

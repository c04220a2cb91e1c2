using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Serving;

/// <summary>A custom resource in several versions is one set of objects.</summary>
public sealed class VersionTests
{
    [Fact]
    public async Task An_object_made_in_one_version_is_there_in_each_other_and_differs_by_apiVersion()
    {
        await using var rig = await Rig.StartAsync();
        await ApplyAsync(rig, "two-versions.yaml");
        await ApplyAsync(rig, "valve.yaml");
        foreach (var version in new[] { "v1", "v1beta1" })
        {
            var list = await rig.GetAsync(Valves(version));
            Assert.Equal($"acme.example.com/{version}", (string?)list["apiVersion"]);
            var item = list["items"]!.AsArray().Single()!;
            Assert.Equal(
                ("made-by-v1beta1", $"acme.example.com/{version}"),
                ((string?)item["metadata"]!["name"], (string?)item["apiVersion"])
            );
            Assert.Equal($"acme.example.com/{version}", (string?)(await rig.GetAsync(Valves(version) + "/made-by-v1beta1"))["apiVersion"]);
        }

        // A change by one name is seen by the watch of the other, and one uid is one object.
        var revision = (string?)(await rig.GetAsync(Valves("v1")))["metadata"]!["resourceVersion"];
        using var watch = await rig.WatchAsync(Valves("v1beta1") + $"?watch=1&resourceVersion={revision}");
        await rig.SendAsync(
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
            (await rig.GetAsync("/apis/acme.example.com"))["versions"]!.AsArray().Select(v => (string?)v!["version"])
        );
        await rig.SendAsync(HttpMethod.Delete, Valves("v1") + "/made-by-v1beta1", null);
        await rig.GetAsync(Valves("v1beta1") + "/made-by-v1beta1", 404);
    }

    [Fact]
    public async Task A_version_that_is_no_longer_served_is_gone_its_watches_end_and_its_objects_are_in_the_next()
    {
        await using var rig = await Rig.StartAsync();
        var definition = (await TextAsync("crd-v2.yaml")).Replace(
            "served: false, storage: false",
            "served: true, storage: true",
            StringComparison.Ordinal
        );
        var first = definition[..definition.IndexOf("  - name: v2", StringComparison.Ordinal)];
        await rig.Simulator.Objects.ApplyAsync(first);
        const string One = "/apis/acme.example.com/v1/namespaces/default/gadgets";
        await rig.SendAsync(HttpMethod.Post, One, """{"metadata":{"name":"g"},"spec":{"name":"n"}}""", 201);
        var uid = (string?)(await rig.GetAsync(One + "/g"))["metadata"]!["uid"];
        using var watch = await rig.WatchAsync(One + "?watch=1");
        Assert.Equal("ADDED g", await watch.TextAsync());

        await ApplyAsync(rig, "crd-v2.yaml");
        Assert.Null(await watch.NextAsync());
        await rig.GetAsync(One, 404);
        Assert.Equal(["v2"], (await rig.GetAsync("/apis/acme.example.com"))["versions"]!.AsArray().Select(v => (string?)v!["version"]));
        var held = await rig.GetAsync("/apis/acme.example.com/v2/namespaces/default/gadgets/g");
        Assert.Equal(("acme.example.com/v2", uid), ((string?)held["apiVersion"], (string?)held["metadata"]!["uid"]));
        var table = await rig.GetAsync(
            "/apis/acme.example.com/v2/namespaces/default/gadgets",
            accept: "application/json;as=Table;g=meta.k8s.io;v=v1"
        );
        Assert.Contains("Second", table["columnDefinitions"]!.AsArray().Select(column => (string?)column!["name"]));

        await rig.SendAsync(HttpMethod.Delete, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.acme.example.com", null);
        await rig.GetAsync("/apis/acme.example.com/v2/namespaces/default/gadgets", 404);
    }

    [Fact]
    public async Task A_restored_state_serves_the_versions_it_had()
    {
        await using var rig = await Rig.StartAsync();
        await ApplyAsync(rig, "two-versions.yaml");
        await ApplyAsync(rig, "valve.yaml");
        var backup = rig.Simulator.Snapshot();
        await rig.SendAsync(HttpMethod.Delete, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/valves.acme.example.com", null);
        await rig.GetAsync(Valves("v1beta1"), 404);
        rig.Simulator.Restore(backup);
        Assert.Single((await rig.GetAsync(Valves("v1beta1")))["items"]!.AsArray());
        Assert.NotNull(
            rig.Simulator.Store.Get(
                new GroupVersionResource("acme.example.com", "v1beta1", "valves"),
                new ObjectKey("default", "made-by-v1beta1")
            )
        );
    }

    private static string Valves(string version) => $"/apis/acme.example.com/{version}/namespaces/default/valves";

    private static async Task ApplyAsync(Rig rig, string file) => await rig.Simulator.Objects.ApplyAsync(await TextAsync(file));

    private static Task<string> TextAsync(string file) =>
        File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "testdata", "crd-versions", file), Rig.Token);
}

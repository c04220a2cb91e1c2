using System.Text.Json.Nodes;

namespace Vigia.Simulator.Tests.Serving;

public sealed class WriteTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";

    private const string Web = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
        "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx:1","env":[{"name":"A","value":"1"},
        {"name":"B","value":"2"}]},{"name":"d","image":"x:1"}]}}}}
        """;

    [Fact]
    public async Task Strategic_merge_merges_lists_by_key_and_obeys_directives()
    {
        await using var fixture = await Fixture.StartAsync();
        await fixture.SendAsync(HttpMethod.Post, Deployments, Web, 201);

        var patched = await fixture.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web",
            """
            {"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"d"},{"name":"c"}],
            "containers":[{"name":"c","image":"nginx:2","env":[{"name":"A","$patch":"delete"},{"name":"C","value":"3"}]}]}}}}
            """,
            contentType: "application/strategic-merge-patch+json"
        );

        var containers = patched["spec"]!["template"]!["spec"]!["containers"]!.AsArray();
        Assert.Equal(["d", "c"], containers.Select(c => (string)c!["name"]!));
        Assert.Equal("nginx:2", (string?)containers[1]!["image"]);
        Assert.Equal(["B", "C"], containers[1]!["env"]!.AsArray().Select(e => (string)e!["name"]!));
        Assert.Equal(2, (int)patched["metadata"]!["generation"]!);
    }

    [Fact]
    public async Task Merge_and_json_patches_apply_and_say_what_they_cannot()
    {
        await using var fixture = await Fixture.StartAsync();
        await fixture.SendAsync(HttpMethod.Post, Deployments, Web, 201);

        var merged = await fixture.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web",
            """{"metadata":{"labels":{"x":"y"}},"spec":{"replicas":3}}""",
            contentType: "application/merge-patch+json"
        );
        Assert.Equal(3, (int)merged["spec"]!["replicas"]!);
        var stepped = await fixture.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web",
            """[{"op":"test","path":"/spec/replicas","value":3},{"op":"replace","path":"/spec/replicas","value":4},"""
                + """{"op":"remove","path":"/metadata/labels/x"}]""",
            contentType: "application/json-patch+json"
        );
        Assert.Equal(4, (int)stepped["spec"]!["replicas"]!);
        await fixture.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web",
            """[{"op":"test","path":"/spec/replicas","value":9}]""",
            422,
            "application/json-patch+json"
        );
        await fixture.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web",
            """{"spec":{"replicas":-1}}""",
            422,
            "application/merge-patch+json"
        );
        await fixture.SendAsync(HttpMethod.Patch, Deployments + "/web", "{}", 415, "text/plain");
    }

    [Fact]
    public async Task A_JSON_patch_that_nests_deeper_than_can_be_read_back_is_refused_and_changes_nothing()
    {
        await using var fixture = await Fixture.StartAsync();
        const string Maps = "/api/v1/namespaces/default/configmaps";
        await fixture.SendAsync(HttpMethod.Post, Maps, """{"metadata":{"name":"a"},"data":{"x":"y"}}""", 201);
        var copies = string.Join(',', Enumerable.Repeat("""{"op":"copy","from":"","path":"/metadata/deep"}""", 40));
        var refused = await fixture.SendAsync(HttpMethod.Patch, Maps + "/a", $"[{copies}]", 422, "application/json-patch+json");
        Assert.Contains("nested deeper than 64 levels", (string)refused["message"]!, StringComparison.Ordinal);
        Assert.Null((await fixture.GetAsync(Maps + "/a"))["metadata"]!["deep"]);
    }

    [Fact]
    public async Task Apply_twice_is_no_change_drops_what_is_no_longer_applied_and_conflicts_with_others()
    {
        await using var fixture = await Fixture.StartAsync();
        const string type = "application/apply-patch+yaml";
        const string path = "/api/v1/namespaces/default/configmaps/c";
        const string both =
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{\"a\":\"1\",\"b\":\"2\"}}";
        var first = await fixture.SendAsync(HttpMethod.Patch, path + "?fieldManager=one", both, 201, type);
        var again = await fixture.SendAsync(HttpMethod.Patch, path + "?fieldManager=one", both, 200, type);
        Assert.Equal((string?)first["metadata"]!["resourceVersion"], (string?)again["metadata"]!["resourceVersion"]);

        var fewer = await fixture.SendAsync(
            HttpMethod.Patch,
            path + "?fieldManager=one",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"1\"}\n",
            200,
            type
        );
        Assert.Equal("{\"a\":\"1\"}", fewer["data"]!.ToJsonString());

        const string other = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{\"a\":\"9\"}}";
        var conflict = await fixture.SendAsync(HttpMethod.Patch, path + "?fieldManager=two", other, 409, type);
        Assert.Equal(".data.a", (string?)conflict["details"]!["causes"]![0]!["field"]);
        var forced = await fixture.SendAsync(HttpMethod.Patch, path + "?fieldManager=two&force=true", other, 200, type);
        Assert.Equal("9", (string?)forced["data"]!["a"]);
        Assert.Equal(["two"], forced["metadata"]!["managedFields"]!.AsArray().Select(m => (string)m!["manager"]!));
    }

    [Fact]
    public async Task Managed_fields_tell_who_changed_what()
    {
        await using var fixture = await Fixture.StartAsync();
        await fixture.SendAsync(HttpMethod.Post, Deployments + "?fieldManager=maker", Web, 201);

        var scaled = await fixture.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web?fieldManager=scaler",
            """{"spec":{"replicas":7}}""",
            contentType: "application/merge-patch+json"
        );

        var entries = scaled["metadata"]!["managedFields"]!.AsArray();
        Assert.NotNull(Entry("scaler")["fieldsV1"]!["f:spec"]!["f:replicas"]);
        Assert.Null(Entry("maker")["fieldsV1"]!["f:spec"]!["f:replicas"]);
        Assert.NotNull(Entry("maker")["fieldsV1"]!["f:spec"]!["f:template"]!["f:spec"]!["f:containers"]!["k:{\"name\":\"c\"}"]!["f:image"]);

        JsonNode Entry(string manager) => entries.Single(e => (string?)e!["manager"] == manager)!;
    }

    [Fact]
    public async Task Scale_reads_and_writes_the_count_and_status_is_written_apart()
    {
        await using var fixture = await Fixture.StartAsync();
        await fixture.SendAsync(HttpMethod.Post, Deployments, Web, 201);

        var scale = await fixture.GetAsync(Deployments + "/web/scale");
        Assert.Equal("app=web", (string?)scale["status"]!["selector"]);
        scale["spec"]!["replicas"] = 5;
        Assert.Equal(
            5,
            (int)(await fixture.SendAsync(HttpMethod.Put, Deployments + "/web/scale", scale.ToJsonString()))["spec"]!["replicas"]!
        );

        var status = await fixture.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web/status",
            """{"spec":{"replicas":1},"status":{"readyReplicas":5}}""",
            contentType: "application/merge-patch+json"
        );
        Assert.Equal(5, (int)status["spec"]!["replicas"]!);
        Assert.Equal(5, (int)status["status"]!["readyReplicas"]!);
        var spec = await fixture.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web",
            """{"status":{"readyReplicas":1}}""",
            contentType: "application/merge-patch+json"
        );
        Assert.Equal(5, (int)spec["status"]!["readyReplicas"]!);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"Bad_Name"}}""", 422)]
    [InlineData("""{"metadata":{}}""", 422)]
    [InlineData("""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}""", 400)]
    [InlineData("""{"metadata":{"name":"a","namespace":"other"}}""", 400)]
    [InlineData("""{"metadata":{"name":"a","labels":{"x":"not valid"}}}""", 422)]
    [InlineData("""{"metadata":{"name":"a"}""", 400)]
    [InlineData("""{"metadata":{"name":"a"},"metadata":{"name":"a"}}""", 400)]
    public async Task Objects_that_cannot_be_are_refused_with_a_status(string body, int code)
    {
        await using var fixture = await Fixture.StartAsync();

        var status = await fixture.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps", body, code);

        Assert.Equal("Status", (string?)status["kind"]);
        Assert.Equal(code, (int)status["code"]!);
    }

    [Fact]
    public async Task Missing_things_and_doubles_are_told_as_the_real_server_does()
    {
        await using var fixture = await Fixture.StartAsync();
        Assert.Equal("pods \"x\" not found", (string?)(await fixture.GetAsync("/api/v1/namespaces/default/pods/x", 404))["message"]);
        Assert.Equal(
            "the server could not find the requested resource",
            (string?)(await fixture.GetAsync("/apis/nope/v1/things", 404))["message"]
        );
        await fixture.SendAsync(HttpMethod.Post, "/api/v1/namespaces/nowhere/configmaps", """{"metadata":{"name":"a"}}""", 404);
        await fixture.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"a"}}""", 201);
        await fixture.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"a"}}""", 409);
        await fixture.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps?dryRun=All", """{"metadata":{"name":"b"}}""", 201);
        await fixture.GetAsync("/api/v1/namespaces/default/configmaps/b", 404);
        await fixture.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/configmaps/a", null);
    }

    [Fact]
    public async Task A_custom_resource_definition_brings_its_type_with_columns_and_takes_it_away()
    {
        await using var fixture = await Fixture.StartAsync();
        await fixture.SendAsync(
            HttpMethod.Post,
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            """
            {"metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"things",
            "kind":"Thing"},
            "versions":[{"name":"v1","served":true,"storage":true,"additionalPrinterColumns":[{"name":"Size","type":"integer",
            "jsonPath":".spec.size"}]}]}}
            """,
            201
        );
        await fixture.SendAsync(
            HttpMethod.Post,
            "/apis/example.com/v1/namespaces/default/things",
            """{"metadata":{"name":"t"},"spec":{"size":4}}""",
            201
        );

        var table = await fixture.GetAsync("/apis/example.com/v1/things", accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        Assert.Equal("[\"t\",4]", table["rows"]![0]!["cells"]!.ToJsonString());
        await fixture.SendAsync(HttpMethod.Delete, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com", null);
        await fixture.GetAsync("/apis/example.com/v1/things", 404);
    }

    [Fact]
    public async Task Events_are_the_same_under_both_of_their_groups()
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync("/apis/events.k8s.io/v1/events?watch=true");
        var made = await fixture.SendAsync(
            HttpMethod.Post,
            "/apis/events.k8s.io/v1/namespaces/default/events",
            """
            {"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"e"},"regarding":{"kind":"Pod","name":"p"},"note":"pulled",
            "reason":"Pulled","type":"Normal","reportingController":"kubelet"}
            """,
            201
        );
        Assert.Equal("pulled", (string?)made["note"]);

        var core = await fixture.GetAsync("/api/v1/namespaces/default/events/e");
        Assert.Equal(
            "pulled p kubelet v1",
            $"{core["message"]} {core["involvedObject"]!["name"]} {core["reportingComponent"]} {core["apiVersion"]}"
        );
        Assert.Equal("events.k8s.io/v1", (string?)(await watch.NextAsync())!.Value.Object["apiVersion"]);
        var patched = await fixture.SendAsync(
            HttpMethod.Patch,
            "/apis/events.k8s.io/v1/namespaces/default/events/e",
            """{"note":"again"}""",
            contentType: "application/merge-patch+json"
        );
        Assert.Equal("again", (string?)patched["note"]);
        Assert.Equal("again", (string?)(await fixture.GetAsync("/apis/events.k8s.io/v1/events"))["items"]![0]!["note"]);
    }
}

using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Serving;

public sealed class ListTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Pages_stay_at_the_revision_of_the_first_one()
    {
        await using var fixture = await Fixture.StartAsync();
        var store = fixture.Simulator.Store;
        for (var i = 0; i < 5; i++)
        {
            store.Create(new("", "v1", "configmaps"), Fixture.ConfigMap($"c{i}"), "test");
        }

        var first = await fixture.GetAsync(Path + "?limit=2");
        Assert.Equal(3, (int)first["metadata"]!["remainingItemCount"]!);
        store.Delete(new("", "v1", "configmaps"), new("default", "c3"));
        store.Create(new("", "v1", "configmaps"), Fixture.ConfigMap("c9"), "test");
        var names = Names(first);
        for (var page = first; (string?)page["metadata"]!["continue"] is { } next; )
        {
            page = await fixture.GetAsync($"{Path}?limit=2&continue={next}");
            Assert.Equal((string?)first["metadata"]!["resourceVersion"], (string?)page["metadata"]!["resourceVersion"]);
            names.AddRange(Names(page));
        }

        Assert.Equal(["c0", "c1", "c2", "c3", "c4"], names);
    }

    [Fact]
    public async Task An_expired_continue_token_is_410_with_a_token_for_the_rest()
    {
        await using var fixture = await Fixture.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            fixture.Simulator.Store.Create(new("", "v1", "configmaps"), Fixture.ConfigMap($"c{i}"), "test");
        }

        var token = (string?)(await fixture.GetAsync(Path + "?limit=1"))["metadata"]!["continue"];
        fixture.Simulator.Store.Create(new("", "v1", "configmaps"), Fixture.ConfigMap("c9"), "test");
        fixture.Simulator.Faults.ExpireHistory();

        var status = await fixture.GetAsync($"{Path}?limit=1&continue={token}", 410);
        Assert.Equal("Expired", (string?)status["reason"]);
        var rest = await fixture.GetAsync($"{Path}?continue={(string?)status["metadata"]!["continue"]}");
        Assert.Equal(["c1", "c2", "c9"], Names(rest));
    }

    [Theory]
    [InlineData("resourceVersionMatch=Exact", 422)]
    [InlineData("resourceVersion=0&resourceVersionMatch=Exact", 422)]
    [InlineData("resourceVersion=1&resourceVersionMatch=Nonsense", 422)]
    [InlineData("sendInitialEvents=true", 422)]
    [InlineData("resourceVersion=abc", 400)]
    [InlineData("resourceVersion=99999999", 504)]
    [InlineData("continue=nonsense", 400)]
    [InlineData("labelSelector=a+in+(b", 400)]
    [InlineData("fieldSelector=spec.nodeName%3Dx", 400)]
    public async Task Bad_list_parameters_are_refused(string query, int code)
    {
        await using var fixture = await Fixture.StartAsync();

        Assert.Equal(code, (int)(await fixture.GetAsync($"{Path}?{query}", code))["code"]!);
    }

    [Theory]
    [InlineData("labelSelector=tier%3Dweb", "a b")]
    [InlineData("labelSelector=tier!%3Dweb", "c d")]
    [InlineData("labelSelector=tier+in+(web,db)", "a b c")]
    [InlineData("labelSelector=tier+notin+(web)", "c d")]
    [InlineData("labelSelector=tier", "a b c")]
    [InlineData("labelSelector=!tier", "d")]
    [InlineData("fieldSelector=metadata.name%3Dc", "c")]
    [InlineData("fieldSelector=metadata.name!%3Dc", "a b d")]
    public async Task Selectors_select(string query, string expected)
    {
        await using var fixture = await Fixture.StartAsync();
        var gvr = new GroupVersionResource("", "v1", "configmaps");
        fixture.Simulator.Store.Create(gvr, Fixture.ConfigMap("a", labels: [("tier", "web"), ("size", "1")]), "test");
        fixture.Simulator.Store.Create(gvr, Fixture.ConfigMap("b", labels: [("tier", "web"), ("size", "5")]), "test");
        fixture.Simulator.Store.Create(gvr, Fixture.ConfigMap("c", labels: [("tier", "db")]), "test");
        fixture.Simulator.Store.Create(gvr, Fixture.ConfigMap("d"), "test");

        Assert.Equal(expected, string.Join(' ', Names(await fixture.GetAsync($"{Path}?{query}"))));
    }

    [Fact]
    public async Task Tables_and_metadata_are_given_to_who_asks_for_them()
    {
        await using var fixture = await Fixture.StartAsync();
        fixture.Simulator.Store.Create(new("", "v1", "configmaps"), Fixture.ConfigMap("a"), "test");

        var table = await fixture.GetAsync(Path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        Assert.Equal("Table", (string?)table["kind"]);
        Assert.Equal("a", (string?)table["rows"]![0]!["cells"]![0]);
        Assert.Equal("PartialObjectMetadata", (string?)table["rows"]![0]!["object"]!["kind"]);

        var metadata = await fixture.GetAsync(Path, accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
        Assert.Equal("PartialObjectMetadataList", (string?)metadata["kind"]);
        Assert.Null(metadata["items"]![0]!["data"]);
        Assert.Equal(406, (int)(await fixture.GetAsync(Path, 406, "application/vnd.kubernetes.protobuf"))["code"]!);
    }

    private static List<string> Names(System.Text.Json.Nodes.JsonObject list) =>
        [.. list["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!)];

    [Fact]
    public async Task A_compacted_revision_of_one_object_is_refused_as_by_the_chosen_server()
    {
        foreach (
            var (form, code, message) in new[]
            {
                (CompactedReadForm.Expired, 410, "The resourceVersion for the provided list is too old."),
                (CompactedReadForm.EtcdMessage, 500, "etcdserver: mvcc: required revision has been compacted"),
            }
        )
        {
            await using var fixture = await Fixture.StartAsync(new SimulatorOptions { CompactedRead = form });
            fixture.Simulator.Store.Create(BuiltInTypes.ConfigMaps.Gvr, Fixture.ConfigMap("one"), "test");
            fixture.Simulator.Store.Create(BuiltInTypes.ConfigMaps.Gvr, Fixture.ConfigMap("two"), "test");
            var before = fixture.Simulator.Store.Revision - 1;
            fixture.Simulator.Store.Compact();

            var one = await fixture.GetAsync(
                $"/api/v1/configmaps?fieldSelector=metadata.name%3Done&resourceVersion={before}&resourceVersionMatch=Exact",
                code
            );
            Assert.Equal(message, (string?)one["message"]);
            await fixture.GetAsync($"/api/v1/configmaps?resourceVersion={before}&resourceVersionMatch=Exact", 410);
        }
    }
}

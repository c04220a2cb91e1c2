using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Serving;

public sealed class ListTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Pages_stay_at_the_revision_of_the_first_one()
    {
        await using var rig = await Rig.StartAsync();
        var store = rig.Simulator.Store;
        for (var i = 0; i < 5; i++)
        {
            store.Create(new("", "v1", "configmaps"), Rig.ConfigMap($"c{i}"), "test");
        }

        var first = await rig.GetAsync(Path + "?limit=2");
        Assert.Equal(3, (int)first["metadata"]!["remainingItemCount"]!);
        store.Delete(new("", "v1", "configmaps"), new("default", "c3"));
        store.Create(new("", "v1", "configmaps"), Rig.ConfigMap("c9"), "test");
        var names = Names(first);
        for (var page = first; (string?)page["metadata"]!["continue"] is { } next; )
        {
            page = await rig.GetAsync($"{Path}?limit=2&continue={next}");
            Assert.Equal((string?)first["metadata"]!["resourceVersion"], (string?)page["metadata"]!["resourceVersion"]);
            names.AddRange(Names(page));
        }

        Assert.Equal(["c0", "c1", "c2", "c3", "c4"], names);
    }

    [Fact]
    public async Task An_expired_continue_token_is_410_with_a_token_for_the_rest()
    {
        await using var rig = await Rig.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            rig.Simulator.Store.Create(new("", "v1", "configmaps"), Rig.ConfigMap($"c{i}"), "test");
        }

        var token = (string?)(await rig.GetAsync(Path + "?limit=1"))["metadata"]!["continue"];
        rig.Simulator.Store.Create(new("", "v1", "configmaps"), Rig.ConfigMap("c9"), "test");
        rig.Simulator.Faults.ExpireHistory();

        var status = await rig.GetAsync($"{Path}?limit=1&continue={token}", 410);
        Assert.Equal("Expired", (string?)status["reason"]);
        var rest = await rig.GetAsync($"{Path}?continue={(string?)status["metadata"]!["continue"]}");
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
        await using var rig = await Rig.StartAsync();

        Assert.Equal(code, (int)(await rig.GetAsync($"{Path}?{query}", code))["code"]!);
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
        await using var rig = await Rig.StartAsync();
        var gvr = new GroupVersionResource("", "v1", "configmaps");
        rig.Simulator.Store.Create(gvr, Rig.ConfigMap("a", labels: [("tier", "web"), ("size", "1")]), "test");
        rig.Simulator.Store.Create(gvr, Rig.ConfigMap("b", labels: [("tier", "web"), ("size", "5")]), "test");
        rig.Simulator.Store.Create(gvr, Rig.ConfigMap("c", labels: [("tier", "db")]), "test");
        rig.Simulator.Store.Create(gvr, Rig.ConfigMap("d"), "test");

        Assert.Equal(expected, string.Join(' ', Names(await rig.GetAsync($"{Path}?{query}"))));
    }

    [Fact]
    public async Task Tables_and_metadata_are_given_to_who_asks_for_them()
    {
        await using var rig = await Rig.StartAsync();
        rig.Simulator.Store.Create(new("", "v1", "configmaps"), Rig.ConfigMap("a"), "test");

        var table = await rig.GetAsync(Path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        Assert.Equal("Table", (string?)table["kind"]);
        Assert.Equal("a", (string?)table["rows"]![0]!["cells"]![0]);
        Assert.Equal("PartialObjectMetadata", (string?)table["rows"]![0]!["object"]!["kind"]);

        var metadata = await rig.GetAsync(Path, accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
        Assert.Equal("PartialObjectMetadataList", (string?)metadata["kind"]);
        Assert.Null(metadata["items"]![0]!["data"]);
        Assert.Equal(406, (int)(await rig.GetAsync(Path, 406, "application/vnd.kubernetes.protobuf"))["code"]!);
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
            await using var rig = await Rig.StartAsync(new SimulatorOptions { CompactedRead = form });
            rig.Simulator.Store.Create(BuiltInTypes.ConfigMaps.Gvr, Rig.ConfigMap("one"), "test");
            rig.Simulator.Store.Create(BuiltInTypes.ConfigMaps.Gvr, Rig.ConfigMap("two"), "test");
            var before = rig.Simulator.Store.Revision - 1;
            rig.Simulator.Store.Compact();

            var one = await rig.GetAsync(
                $"/api/v1/configmaps?fieldSelector=metadata.name%3Done&resourceVersion={before}&resourceVersionMatch=Exact",
                code
            );
            Assert.Equal(message, (string?)one["message"]);
            await rig.GetAsync($"/api/v1/configmaps?resourceVersion={before}&resourceVersionMatch=Exact", 410);
        }
    }
}

using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Tests.Cluster;

public sealed class PodLifeTests
{
    [Fact]
    public async Task A_crashing_pod_backs_off_with_restarts_and_its_last_state()
    {
        await using var fixture = new ClusterFixture();
        Pod(fixture, "boom", "example.org/crash:1");
        fixture.Until("CrashLoopBackOff", () => fixture.WaitingReason("boom") == "CrashLoopBackOff");
        fixture.Until("3 restarts", () => (int)fixture.MainState("boom")!["restartCount"]! >= 3);
        Assert.Equal("Error", (string?)fixture.MainState("boom")!["lastState"]!["terminated"]!["reason"]);
        Assert.Equal(1, (int)fixture.MainState("boom")!["lastState"]!["terminated"]!["exitCode"]!);
        Assert.Contains(EventsOf(fixture, "boom"), e => (string?)e["reason"] == "BackOff");
        fixture.Seconds(600);
        Assert.Contains(EventsOf(fixture, "boom"), e => (string?)e["reason"] == "BackOff" && (int)e["count"]! >= 3);
    }

    [Fact]
    public async Task A_pod_out_of_memory_is_killed_with_137()
    {
        await using var fixture = new ClusterFixture();
        Pod(fixture, "hungry", "example.org/oom:1");
        fixture.Until("OOMKilled", () => (string?)fixture.MainState("hungry")?["lastState"]?["terminated"]?["reason"] == "OOMKilled");
        Assert.Equal(137, (int)fixture.MainState("hungry")!["lastState"]!["terminated"]!["exitCode"]!);
    }

    [Theory]
    [InlineData("bad")]
    [InlineData("missing")]
    [InlineData("nonexistent")]
    public async Task An_image_that_is_not_there_cannot_be_pulled_until_it_is_changed(string word)
    {
        await using var fixture = new ClusterFixture();
        Pod(fixture, "wrong", $"example.org/{word}:1");
        fixture.Until("ErrImagePull", () => fixture.WaitingReason("wrong") == "ErrImagePull");
        fixture.Until("ImagePullBackOff", () => fixture.WaitingReason("wrong") == "ImagePullBackOff");
        fixture.Until("ErrImagePull again", () => fixture.WaitingReason("wrong") == "ErrImagePull");
        Assert.Equal("Pending", (string?)fixture.Read(BuiltInTypes.Pods, "default", "wrong")["status"]!["phase"]);
        fixture.Store.Mutate(
            BuiltInTypes.Pods.Gvr,
            new ObjectKey("default", "wrong"),
            p => p["spec"]!["containers"]![0]!["image"] = "nginx:1",
            "test"
        );
        fixture.Until("running", () => (bool?)fixture.MainState("wrong")?["ready"] == true);
    }

    [Fact]
    public async Task A_deleted_pod_with_a_finalizer_waits_for_it_with_no_grace_left_and_goes_when_it_is_taken_away()
    {
        await using var fixture = new ClusterFixture();
        var pod = ObjectText.Read(
            await File.ReadAllBytesAsync(
                Path.Combine(AppContext.BaseDirectory, "testdata", "drain", "finalizer-pod.yaml"),
                Vigia.Simulator.Tests.Fixture.Token
            ),
            yaml: true
        );
        fixture.Create(BuiltInTypes.Pods, pod.ToJsonString());
        var key = new ObjectKey("default", "held");
        fixture.Until("it runs", () => fixture.Store.Get(BuiltInTypes.Pods.Gvr, key)?.Field("status.phase") == "Running");
        fixture.Store.Delete(BuiltInTypes.Pods.Gvr, key);
        Assert.Equal(2, (int)fixture.Read(BuiltInTypes.Pods, "default", "held")["metadata"]!["deletionGracePeriodSeconds"]!);
        fixture.Until(
            "its kubelet is done",
            () => (int)fixture.Read(BuiltInTypes.Pods, "default", "held")["metadata"]!["deletionGracePeriodSeconds"]! == 0
        );
        fixture.Store.Mutate(BuiltInTypes.Pods.Gvr, key, p => p["metadata"]!.AsObject().Remove("finalizers"), "test");
        Assert.Null(fixture.Store.Get(BuiltInTypes.Pods.Gvr, key));
    }

    [Fact]
    public async Task The_objects_of_a_drain_are_made_and_the_guarded_one_is_kept()
    {
        await using var fixture = await Vigia.Simulator.Tests.Fixture.StartAsync(new SimulatorOptions { Nodes = 3 });
        await fixture.Simulator.Objects.ApplyAsync(
            await File.ReadAllTextAsync(
                Path.Combine(AppContext.BaseDirectory, "testdata", "drain", "objects.yaml"),
                Vigia.Simulator.Tests.Fixture.Token
            )
        );
        await fixture.Simulator.Objects.WaitForAsync(
            "pod",
            "done-bare",
            p => (string?)p["status"]?["phase"] == "Succeeded",
            TimeSpan.FromSeconds(60),
            Vigia.Simulator.Tests.Fixture.Token
        );
        await fixture.Simulator.Objects.WaitForAsync(
            "pod",
            "guarded",
            p => (string?)p["status"]?["phase"] == "Running",
            TimeSpan.FromSeconds(60),
            Vigia.Simulator.Tests.Fixture.Token
        );
        const string Eviction = """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"guarded"}}""";
        await fixture.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods/guarded/eviction", Eviction, 429);
        await fixture.SendAsync(
            HttpMethod.Post,
            "/api/v1/namespaces/default/pods/stuck/eviction",
            Eviction.Replace("guarded", "stuck", StringComparison.Ordinal),
            201
        );
        Assert.NotNull((await fixture.GetAsync("/api/v1/namespaces/default/pods/stuck"))["metadata"]!["deletionTimestamp"]);
    }

    [Fact]
    public async Task A_deleted_pod_is_marked_first_and_goes_when_its_kubelet_is_done()
    {
        await using var fixture = new ClusterFixture();
        Pod(fixture, "one", "nginx:1");
        fixture.Until("ready", () => (bool?)fixture.MainState("one")?["ready"] == true);
        fixture.Store.Delete(BuiltInTypes.Pods.Gvr, new ObjectKey("default", "one"));
        Assert.True(fixture.Store.Get(BuiltInTypes.Pods.Gvr, new ObjectKey("default", "one"))!.IsDeleting);
        fixture.Until("gone", () => fixture.Store.Get(BuiltInTypes.Pods.Gvr, new ObjectKey("default", "one")) is null, 10);
        Assert.Contains(EventsOf(fixture, "one"), e => (string?)e["reason"] == "Killing");
        Assert.Superset(
            new HashSet<string> { "Scheduled", "Pulling", "Pulled", "Created", "Started" },
            EventsOf(fixture, "one").Select(e => (string)e["reason"]!).ToHashSet()
        );
    }

    [Fact]
    public async Task A_job_completes_and_one_that_fails_gives_up()
    {
        await using var fixture = new ClusterFixture();
        fixture.Create(BuiltInTypes.Jobs, Job("good", "example.org/task:1", "\"completions\":3,\"parallelism\":2"));
        fixture.Create(BuiltInTypes.Jobs, Job("poor", "example.org/crash:1", "\"backoffLimit\":1"));
        fixture.Until("completed", () => fixture.Number(BuiltInTypes.Jobs, "default", "good", "succeeded") == 3);
        Assert.Contains(
            fixture.Read(BuiltInTypes.Jobs, "default", "good")["status"]!["conditions"]!.AsArray(),
            c => (string?)c!["type"] == "Complete"
        );
        fixture.Until(
            "failed",
            () =>
                fixture
                    .Read(BuiltInTypes.Jobs, "default", "poor")["status"]
                    ?["conditions"]?.AsArray()
                    .Any(c => (string?)c!["type"] == "Failed") == true
        );
        Assert.Equal(2, fixture.Number(BuiltInTypes.Jobs, "default", "poor", "failed"));
    }

    [Fact]
    public async Task A_cron_job_runs_every_minute_and_keeps_three_of_its_jobs()
    {
        await using var fixture = new ClusterFixture();
        fixture.Create(
            BuiltInTypes.CronJobs,
            """
            {"metadata":{"name":"tick"},"spec":{"schedule":"* * * * *","jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never",
            "containers":[{"name":"main","image":"example.org/task:1"}]}}}}}}
            """
        );
        fixture.Run(TimeSpan.FromMinutes(8));
        Assert.InRange(fixture.Store.List(BuiltInTypes.Jobs.Gvr, "default").Count, 3, 4);
        Assert.NotNull(fixture.Read(BuiltInTypes.CronJobs, "default", "tick")["status"]!["lastScheduleTime"]);
    }

    [Fact]
    public async Task A_stateful_set_starts_its_pods_in_order_and_replaces_them_from_the_last()
    {
        await using var fixture = new ClusterFixture();
        var order = new List<string>();
        using var watch = fixture.Store.Subscribe(
            BuiltInTypes.Pods.Gvr,
            c =>
            {
                if (c.Kind == ChangeKind.Added)
                {
                    order.Add(c.Item.Key.Name);
                }
            }
        );
        fixture.Create(
            BuiltInTypes.StatefulSets,
            """
            {"metadata":{"name":"db"},"spec":{"replicas":3,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},
             "template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[{"name":"db","image":"postgres:17"}]}}}}
            """
        );
        fixture.Until("3 ready", () => fixture.Number(BuiltInTypes.StatefulSets, "default", "db", "readyReplicas") == 3);
        Assert.Equal(["db-0", "db-1", "db-2"], order);
        fixture.Store.Mutate(
            BuiltInTypes.StatefulSets.Gvr,
            new ObjectKey("default", "db"),
            s => s["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "postgres:18",
            "test"
        );
        fixture.Until(
            "updated",
            () => order.Count == 6 && fixture.Number(BuiltInTypes.StatefulSets, "default", "db", "readyReplicas") == 3
        );
        Assert.Equal(["db-2", "db-1", "db-0"], order.Skip(3));
    }

    [Fact]
    public async Task A_daemon_set_has_one_pod_on_every_node()
    {
        await using var fixture = new ClusterFixture(nodes: 5);
        fixture.Create(
            BuiltInTypes.DaemonSets,
            """
            {"metadata":{"name":"agent"},"spec":{"selector":{"matchLabels":{"app":"agent"}},
            "template":{"metadata":{"labels":{"app":"agent"}},"spec":{"containers":[{"name":"agent","image":"agent:1"}]}}}}
            """
        );
        fixture.Until("5 ready", () => fixture.Number(BuiltInTypes.DaemonSets, "default", "agent", "numberReady") == 5);
        Assert.Equal(5, fixture.PodsWith("app", "agent").Select(p => (string)p["spec"]!["nodeName"]!).Distinct().Count());
    }

    private static string Job(string name, string image, string more) =>
        "{\"metadata\":{\"name\":\""
        + name
        + "\"},\"spec\":{"
        + more
        + ",\"template\":{\"spec\":{\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"main\",\"image\":\""
        + image
        + "\"}]}}}}";

    private static void Pod(ClusterFixture fixture, string name, string image) =>
        fixture.Create(
            BuiltInTypes.Pods,
            "{\"metadata\":{\"name\":\"" + name + "\"},\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"" + image + "\"}]}}"
        );

    private static List<JsonObject> EventsOf(ClusterFixture fixture, string name) =>
        [.. fixture.Store.List(BuiltInTypes.Events.Gvr).Where(e => e.Field("involvedObject.name") == name).Select(e => e.ToJson())];
}

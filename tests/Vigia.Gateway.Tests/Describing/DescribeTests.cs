using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Tests.Access;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Describing;

public sealed partial class DescribeTests
{
    private static readonly GroupVersionResource Events = new("", "v1", "events");
    private static readonly GroupVersionResource ReplicaSets = new("apps", "v1", "replicasets");

    [Fact]
    public async Task A_pod_is_described_by_the_names_and_with_the_values_of_kubectl()
    {
        Assert.SkipUnless(Kubectl.IsThere, "kubectl is not installed");
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var uid = MakeFullPod(fixture);
        Make(
            fixture,
            Events,
            "Event",
            "web-1.1",
            $$"""
            {"type":"Warning","reason":"Unhealthy","message":"Readiness probe failed","count":3,"source":{"component":"kubelet"},
            "involvedObject":{"kind":"Pod","apiVersion":"v1","namespace":"default","name":"web-1","uid":"{{uid}}"},
             "firstTimestamp":"2026-03-01T09:00:00Z","lastTimestamp":"2026-03-01T09:05:00Z"}
            """
        );
        var ours = "";
        await Eventually.TrueAsync(
            async () =>
                (ours = await TextAsync(fixture, gateway, $"api/v1/pods/{uid}/describe")).Contains(
                    "Readiness probe failed",
                    StringComparison.Ordinal
                ),
            "the pod is described with its event"
        );
        var theirs = await Kubectl.RunAsync(new Uri(fixture.Simulator.Url), "describe", "pod", "web-1");
        TestContext.Current.TestOutputHelper?.WriteLine(theirs + "\n----\n" + ours);

        var (left, right) = (new DescribedText(theirs).Fields, new DescribedText(ours).Fields);

        // What kubectl sets as tables or sections of its own is compared below, or (the optional marks of projected
        // volumes) not claimed.
        foreach (
            var (path, lines) in left.Where(field =>
                field.Key is not ("IPs" or "IPs/IP" or "Status" or "Conditions" or "Events")
                && !field.Key.StartsWith("Volumes/token/ConfigMapOptional", StringComparison.Ordinal)
            )
        )
        {
            Assert.True(right.ContainsKey(path), $"kubectl has '{path}', the gateway has not");
            Assert.Equal(lines.Select(Plain), right[path].Select(Plain));
        }

        Assert.Equal(["Running"], left["Status"]);
        Assert.Equal(["Running (CrashLoopBackOff)"], right["Status"]);
        Assert.Equal(left["IPs/IP"], right["IPs"]);
        Assert.Equal(["Initialized", "Ready", "PodScheduled"], right["Conditions"].Skip(2).Select(Word));
        Assert.Equal(left["Conditions"].Skip(1).Select(Word), right["Conditions"].Skip(2).Select(Word));
        Assert.Matches(@"^Warning\s+Unhealthy\s+\S+ \(x3 over \S+\)\s+kubelet\s+Readiness probe failed$", right["Events"][^1]);
        Assert.Matches(@"^Warning\s+Unhealthy\s+\S+ \(x3 over \S+\)\s+kubelet\s+Readiness probe failed$", left["Events"][^1]);
        Assert.True(left.Count > 50, $"kubectl told {left.Count} fields only: this compares nothing");
    }

    [Fact]
    public async Task The_document_tells_the_root_reason_what_is_related_and_how_fresh_it_is()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var set = Make(fixture, ReplicaSets, "ReplicaSet", "web", """{"spec":{"replicas":1},"status":{"replicas":1}}""");
        var pod = Make(
            fixture,
            GatewayFixture.Pods,
            "Pod",
            "web-a",
            """
            {"spec":{"containers":[{"name":"app"}]},"status":{"phase":"Running","containerStatuses":[{"name":"app","ready":false,
            "restartCount":14,
             "state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}}
            """,
            ("apps/v1", "ReplicaSet", "web", set)
        );

        JsonObject document = [];
        await Eventually.TrueAsync(
            async () =>
            {
                (_, document) = await fixture.GetAsync(gateway, $"api/v1/replicasets/{set}/describe?output=json");
                return (string?)document["reason"] == "0 of 1 ready: pod web-a CrashLoopBackOff (exit 137 OOMKilled), 14 restarts"
                    && document["related"]!.AsArray().Count > 0;
            },
            "the set tells the reason and its pod"
        );
        Assert.Equal(("bad", "live"), ((string?)document["health"], (string?)document["freshness"]!["state"]));
        var related = Assert.Single(document["related"]!.AsArray());
        Assert.Equal(("owns", "web-a", pod), ((string?)related!["relation"], (string?)related["name"], (string?)related["uid"]));
        Assert.Empty(document["missing"]!.AsArray());

        var text = await TextAsync(fixture, gateway, $"api/v1/pods/{pod}/describe");
        Assert.Matches(@"Health: +bad: CrashLoopBackOff \(exit 137 OOMKilled\), 14 restarts\n", text);
        Assert.Matches(@"  owned by  ReplicaSet  default/web  bad     0 of 1 ready: pod web-a CrashLoopBackOff", text);

        // Every sentence is as fresh as the cluster was last heard of.
        await fixture.Simulator.DisposeAsync();
        await Eventually.TrueAsync(
            async () =>
                Regex.IsMatch(
                    await TextAsync(fixture, gateway, $"api/v1/pods/{pod}/describe"),
                    @"Freshness: +stale since \S+ \(\S+ ago\): "
                ),
            "the text says that it is stale"
        );
    }

    [Fact]
    public async Task What_the_caller_may_not_see_is_left_out_and_the_right_is_named()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var pod = Make(
            fixture.Inner,
            GatewayFixture.Pods,
            "Pod",
            "c1",
            """{"spec":{"serviceAccountName":"runner","containers":[{"name":"a","envFrom":[{"configMapRef":{"name":"mine"}}]}]}}""",
            ns: "team-a",
            labels: """{"app":"web"}"""
        );
        Make(fixture.Inner, new("", "v1", "configmaps"), "ConfigMap", "mine", "{}", ns: "team-a");
        Make(
            fixture.Inner,
            new("", "v1", "services"),
            "Service",
            "hidden-service",
            """{"spec":{"selector":{"app":"web"}}}""",
            ns: "team-a"
        );
        Make(
            fixture.Inner,
            Events,
            "Event",
            "c1.1",
            $$$"""{"type":"Warning","reason":"HiddenReason","message":"m","involvedObject":"""
                + $$$"""{"kind":"Pod","apiVersion":"v1","namespace":"team-a","name":"c1","uid":"{{{pod}}}"}}""",
            ns: "team-a"
        );
        await Eventually.TrueAsync(
            async () =>
                (await TextAsync(fixture, pod, "admin-token")) is var text
                && text.Contains("HiddenReason", StringComparison.Ordinal)
                && text.Contains("hidden-service", StringComparison.Ordinal)
                && text.Contains("team-a/mine", StringComparison.Ordinal),
            "the admin sees the event and the service"
        );

        var hers = await TextAsync(fixture, pod, "anna-token");
        Assert.Contains("team-a/mine", hers, StringComparison.Ordinal);
        Assert.DoesNotContain("HiddenReason", hers, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-service", hers, StringComparison.Ordinal);
        Assert.Matches("Events: +<not shown: you may not list events in namespace team-a>\n", hers);
        Assert.Contains("services: you may not list services in namespace team-a", hers, StringComparison.Ordinal);
        var (_, json) = await fixture.GetAsync($"api/v1/pods/{pod}/describe?output=json", "anna-token");
        Assert.Equal(
            ["list events in namespace team-a", "list serviceaccounts in namespace team-a", "list services in namespace team-a"],
            json["missing"]!.AsArray().Select(part => (string)part!["right"]!)
        );
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.SendAsync($"api/v1/pods/{pod}/describe", "ben-token")).StatusCode);
        var (status, refused) = await fixture.GetAsync($"api/v1/pods/{pod}/events", "anna-token");
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("list events in namespace team-a", (string)refused["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_s_values_are_in_neither_form()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var uid = Make(fixture, new("", "v1", "secrets"), "Secret", "key", """{"type":"Opaque","data":{"password":"aHVudGVyMg=="}}""");
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, $"api/v1/secrets/{uid}/describe?output=json")).Status == HttpStatusCode.OK,
            "the secret is there"
        );

        var text = await TextAsync(fixture, gateway, $"api/v1/secrets/{uid}/describe");
        Assert.Matches(@"Kind: +Secret \(v1\)\n", text);
        Assert.Matches("Data: +<not read", text);
        var (_, json) = await fixture.GetAsync(gateway, $"api/v1/secrets/{uid}/describe?output=json");
        Assert.All([text, json.ToJsonString()], form => Assert.DoesNotContain("aHVudGVyMg", form, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Accept_chooses_the_form_and_a_form_that_does_not_exist_is_refused()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var (_, list) = await fixture.GetAsync(gateway, "api/v1/pods");
        var uid = (string?)list["items"]![0]!["uid"];
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, $"api/v1/pods/{uid}/describe"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var answer = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.BadRequest, (await fixture.GetAsync(gateway, $"api/v1/pods/{uid}/describe?output=yaml")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.GetAsync(gateway, "api/v1/pods/no-such-uid/describe")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.GetAsync(gateway, "api/v1/no-such-resource/x/describe")).Status);
    }

    /// <summary>Values without what kubectl does not tell (how long ago) and without the words for nothing.</summary>
    private static string Plain(string value)
    {
        var plain = Ago().Replace(value, "");
        return plain is "<none>" or "<unset>" ? "" : Spaces().Replace(plain, " ").Trim();
    }

    private static string Word(string row) => row.Split(' ')[0];

    private static async Task<string> TextAsync(GatewayFixture fixture, GatewayServer gateway, string path)
    {
        using var response = await fixture.Http.GetAsync(new Uri(gateway.Url, path), TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> TextAsync(AccessFixture fixture, string uid, string token)
    {
        using var response = await fixture.SendAsync($"api/v1/pods/{uid}/describe", token);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static string MakeFullPod(GatewayFixture fixture) =>
        Make(
            fixture,
            GatewayFixture.Pods,
            "Pod",
            "web-1",
            """
            {"spec":{"nodeName":"n1","serviceAccountName":"runner","priority":100,"priorityClassName":"high","nodeSelector":{"disk":"ssd"},
              "tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},
              {"key":"team","value":"x","effect":"NoSchedule","operator":"Equal"}],
              "volumes":[{"name":"config","configMap":{"name":"settings"}},{"name":"key","secret":{"secretName":"key","optional":true}},
              {"name":"disk","persistentVolumeClaim":{"claimName":"data"}},
                {"name":"tmp","emptyDir":{"medium":"Memory","sizeLimit":"1Gi"}},{"name":"logs","hostPath":{"path":"/var/log",
                "type":"Directory"}},
                {"name":"token","projected":{"sources":[{"serviceAccountToken":{"path":"token","expirationSeconds":3607}},
                {"configMap":{"name":"kube-root-ca.crt"}},{"downwardAPI":{"items":[]}}]}}],
              "initContainers":[{"name":"setup","image":"setup:1","command":["/bin/setup","--fast"]}],
              "containers":[{"name":"app","image":"web:1","args":["serve","--listen=:80"],"ports":[{"containerPort":80,"protocol":"TCP"},
              {"containerPort":9090,"protocol":"TCP","hostPort":19090}],
                "resources":{"limits":{"memory":"1Gi","cpu":"1"},"requests":{"cpu":"100m"}},
                "livenessProbe":{"httpGet":{"path":"/live","port":80,"scheme":"HTTP"},"initialDelaySeconds":5,"timeoutSeconds":1,
                "periodSeconds":10,"successThreshold":1,"failureThreshold":3},
                "readinessProbe":{"exec":{"command":["cat","/ready"]},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,
                "failureThreshold":3},
                "startupProbe":{"tcpSocket":{"port":80},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},
                "env":[{"name":"MODE","value":"fast"},{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"name":"key","key":"p"}}},
                {"name":"LEVEL","valueFrom":{"configMapKeyRef":{"name":"settings","key":"level","optional":true}}},
                  {"name":"POD","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}}],
                "volumeMounts":[{"name":"tmp","mountPath":"/tmp"},{"name":"config","mountPath":"/etc/web","readOnly":true,
                "subPath":"web"}]}]},
             "status":{"phase":"Running","hostIP":"10.0.0.1","podIP":"10.1.0.5","podIPs":[{"ip":"10.1.0.5"}],"qosClass":"Burstable",
             "startTime":"2026-03-01T08:00:00Z",
              "conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"False"},{"type":"PodScheduled",
              "status":"True"}],
              "initContainerStatuses":[{"name":"setup","image":"setup:1","imageID":"sha256:1","containerID":"containerd://1","ready":true,
              "restartCount":0,"state":{"terminated":{"exitCode":0,"reason":"Completed","startedAt":"2026-03-01T08:00:01Z",
              "finishedAt":"2026-03-01T08:00:02Z"}}}],
              "containerStatuses":[{"name":"app","image":"web:1","imageID":"sha256:2","containerID":"containerd://2","ready":false,
              "restartCount":2,"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 20s"}},
                "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","startedAt":"2026-03-01T08:00:03Z",
                "finishedAt":"2026-03-01T08:30:00Z"}}}]}}
            """,
            labels: """{"app":"web","tier":"front"}""",
            annotations: """{"team":"x"}"""
        );

    private static string Make(
        GatewayFixture fixture,
        GroupVersionResource resource,
        string kind,
        string name,
        string body,
        (string ApiVersion, string Kind, string Name, string Uid)? owner = null,
        string ns = "default",
        string? labels = null,
        string? annotations = null
    )
    {
        var o = JsonNode.Parse(body)!.AsObject();
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = ns };
        (o["apiVersion"], o["kind"], o["metadata"]) = (resource.ApiVersion, kind, metadata);
        if (labels is not null)
        {
            metadata["labels"] = JsonNode.Parse(labels);
        }

        if (annotations is not null)
        {
            metadata["annotations"] = JsonNode.Parse(annotations);
        }

        if (owner is { } by)
        {
            metadata["ownerReferences"] = new JsonArray(
                new JsonObject
                {
                    ["apiVersion"] = by.ApiVersion,
                    ["kind"] = by.Kind,
                    ["name"] = by.Name,
                    ["uid"] = by.Uid,
                    ["controller"] = true,
                }
            );
        }

        return fixture.Simulator.Store.Create(resource, o, "test").Uid;
    }

    [GeneratedRegex(@" \((in )?\d\w* ago\)$")]
    private static partial Regex Ago();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}

using System.IO.Pipelines;
using System.Text;
using Vigia.Gateway.Endpoints.Metrics.Objects;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Tests.Metrics.Objects;

/// <summary>
/// What objects are told as, against what kube-state-metrics' documents say (docs/metrics in its repository).
/// </summary>
public sealed class ObjectScrapeTests
{
    private const string Crashing = """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","namespace":"shop","uid":"u1","creationTimestamp":"2026-11-21T10:00:00Z",
          "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"r1","controller":true}]},
         "spec":{"nodeName":"n1","restartPolicy":"Always","priorityClassName":"high","initContainers":[{"name":"init","image":"busybox"}],
          "containers":[{"name":"app","image":"nginx:1","resources":{"requests":{"cpu":"250m","memory":"64Mi","nvidia.com/gpu":"1"},
          "limits":{"ephemeral-storage":"1G"}}}]},
         "status":{"phase":"Running","qosClass":"Burstable","hostIP":"10.0.0.1","podIP":"10.1.0.1","startTime":"2026-11-21T10:00:01Z",
          "conditions":[{"type":"Ready","status":"False"},{"type":"PodScheduled","status":"True"}],
          "initContainerStatuses":[{"name":"init","ready":true,"restartCount":0,"image":"busybox","imageID":"i0","containerID":"c0",
          "state":{"terminated":{"reason":"Completed","exitCode":0}}}],
          "containerStatuses":[{"name":"app","ready":false,"restartCount":7,"image":"docker.io/nginx:1","imageID":"i1","containerID":"c1",
          "state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"reason":"OOMKilled","exitCode":137}}}]}}
        """;

    [Fact]
    public async Task A_pod_that_crashes_is_told_with_its_containers_reasons_and_restarts()
    {
        var lines = await ScrapeAsync(PodFamilies.Resource, (null, Crashing));
        const string Pod = "namespace=\"shop\",pod=\"web-1\",uid=\"u1\"";
        Assert.Equal(
            [
                $"kube_pod_info{{{Pod},host_ip=\"10.0.0.1\",pod_ip=\"10.1.0.1\",node=\"n1\",created_by_kind=\"ReplicaSet\","
                    + $"created_by_name=\"web\",priority_class=\"high\",host_network=\"false\"}} 1",
                $"kube_pod_owner{{{Pod},owner_kind=\"ReplicaSet\",owner_name=\"web\",owner_is_controller=\"true\"}} 1",
                $"kube_pod_created{{{Pod}}} 1795255200",
                $"kube_pod_start_time{{{Pod}}} 1795255201",
                $"kube_pod_restart_policy{{{Pod},type=\"Always\"}} 1",
                .. States("kube_pod_status_phase", "phase", "Running", "Pending", "Succeeded", "Failed", "Unknown", "Running"),
                .. States("kube_pod_status_qos_class", "qos_class", "Burstable", "BestEffort", "Burstable", "Guaranteed"),
                .. States("kube_pod_status_ready", "condition", "false", "true", "false", "unknown"),
                .. States("kube_pod_status_scheduled", "condition", "true", "true", "false", "unknown"),
                $"kube_pod_container_info{{{Pod},container=\"app\",image_spec=\"nginx:1\",image=\"docker.io/nginx:1\",image_id=\"i1\","
                    + $"container_id=\"c1\"}} 1",
                $"kube_pod_container_status_ready{{{Pod},container=\"app\"}} 0",
                $"kube_pod_container_status_restarts_total{{{Pod},container=\"app\"}} 7",
                $"kube_pod_container_status_running{{{Pod},container=\"app\"}} 0",
                $"kube_pod_container_status_waiting{{{Pod},container=\"app\"}} 1",
                $"kube_pod_container_status_waiting_reason{{{Pod},container=\"app\",reason=\"CrashLoopBackOff\"}} 1",
                $"kube_pod_container_status_terminated{{{Pod},container=\"app\"}} 0",
                $"kube_pod_container_status_last_terminated_reason{{{Pod},container=\"app\",reason=\"OOMKilled\"}} 1",
                $"kube_pod_container_status_last_terminated_exitcode{{{Pod},container=\"app\"}} 137",
                $"kube_pod_container_resource_requests{{{Pod},container=\"app\",node=\"n1\",resource=\"cpu\",unit=\"core\"}} 0.25",
                $"kube_pod_container_resource_requests{{{Pod},container=\"app\",node=\"n1\",resource=\"memory\",unit=\"byte\"}} 67108864",
                $"kube_pod_container_resource_requests{{{Pod},container=\"app\",node=\"n1\",resource=\"nvidia_com_gpu\","
                    + $"unit=\"integer\"}} 1",
                $"kube_pod_container_resource_limits{{{Pod},container=\"app\",node=\"n1\",resource=\"ephemeral_storage\",unit=\"byte\"}} "
                    + $"1000000000",
                $"kube_pod_init_container_info{{{Pod},container=\"init\",image_spec=\"busybox\",image=\"busybox\",image_id=\"i0\","
                    + $"container_id=\"c0\"}} 1",
                $"kube_pod_init_container_status_ready{{{Pod},container=\"init\"}} 1",
                $"kube_pod_init_container_status_restarts_total{{{Pod},container=\"init\"}} 0",
                $"kube_pod_init_container_status_running{{{Pod},container=\"init\"}} 0",
                $"kube_pod_init_container_status_waiting{{{Pod},container=\"init\"}} 0",
                $"kube_pod_init_container_status_terminated{{{Pod},container=\"init\"}} 1",
                $"kube_pod_init_container_status_terminated_reason{{{Pod},container=\"init\",reason=\"Completed\"}} 1",
            ],
            lines
        );

        static IEnumerable<string> States(string name, string label, string current, params string[] all) =>
            all.Select(state => $"{name}{{{Pod},{label}=\"{state}\"}} {(state == current ? 1 : 0)}");
    }

    /// <summary>Go's zero time is how a client writes that there is none; kube-state-metrics leaves it out.</summary>
    [Fact]
    public async Task A_pod_whose_creation_is_the_zero_time_is_told_without_one()
    {
        var lines = await ScrapeAsync(
            PodFamilies.Resource,
            (
                null,
                """{"apiVersion":"v1","kind":"Pod","metadata":"""
                    + """{"name":"p","namespace":"d","uid":"u","creationTimestamp":"0001-01-01T00:00:00Z"},"status":"""
                    + """{"startTime":"0001-01-01T00:00:00Z"}}"""
            )
        );
        Assert.Contains(lines, line => line.StartsWith("kube_pod_info", StringComparison.Ordinal));
        Assert.DoesNotContain(
            lines,
            line =>
                line.StartsWith("kube_pod_created", StringComparison.Ordinal)
                || line.StartsWith("kube_pod_start_time", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_pod_of_which_little_is_known_has_few_series_and_one_that_cannot_be_placed_says_so()
    {
        var lines = await ScrapeAsync(
            PodFamilies.Resource,
            (
                "a",
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d","uid":"u",
                "deletionTimestamp":"2026-11-21T10:00:00Z"},"spec":{"hostNetwork":true},
                 "status":{"reason":"Ev\"icted\\\n","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}}
                """
            )
        );
        const string Pod = "cluster=\"a\",namespace=\"d\",pod=\"p\",uid=\"u\"";
        Assert.Equal(
            [
                $"kube_pod_info{{{Pod},host_ip=\"\",pod_ip=\"\",node=\"\",created_by_kind=\"\",created_by_name=\"\",priority_class=\"\","
                    + $"host_network=\"true\"}} 1",
                $"kube_pod_owner{{{Pod},owner_kind=\"\",owner_name=\"\",owner_is_controller=\"\"}} 1",
                $"kube_pod_deletion_timestamp{{{Pod}}} 1795255200",
                $"kube_pod_status_scheduled{{{Pod},condition=\"true\"}} 0",
                $"kube_pod_status_scheduled{{{Pod},condition=\"false\"}} 1",
                $"kube_pod_status_scheduled{{{Pod},condition=\"unknown\"}} 0",
                $"kube_pod_status_unschedulable{{{Pod}}} 1",
                $"kube_pod_status_reason{{{Pod},reason=\"Ev\\\"icted\\\\\\n\"}} 1",
            ],
            lines
        );
    }

    [Fact]
    public async Task Series_of_one_metric_stand_together_over_objects_and_clusters()
    {
        var lines = await ScrapeAsync(ClusterFamilies.Namespaces, ("a", Namespace("x", "Active")), ("b", Namespace("x", "Terminating")));
        Assert.Equal(
            [
                """kube_namespace_status_phase{cluster="a",namespace="x",phase="Active"} 1""",
                """kube_namespace_status_phase{cluster="a",namespace="x",phase="Terminating"} 0""",
                """kube_namespace_status_phase{cluster="b",namespace="x",phase="Active"} 0""",
                """kube_namespace_status_phase{cluster="b",namespace="x",phase="Terminating"} 1""",
            ],
            lines
        );

        static string Namespace(string name, string phase) =>
            $$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{name}}}"},"status":{"phase":"{{{phase}}}"}}""";
    }

    [Theory]
    [InlineData(
        "deployments",
        """{"spec":{},"status":{"replicas":3,"readyReplicas":2,"conditions":"""
            + """[{"type":"Available","status":"True","reason":"MinimumReplicasAvailable"}]}}""",
        "kube_deployment_spec_replicas 1|kube_deployment_status_replicas_ready 2|kube_deployment_status_replicas_unavailable "
            + "0|kube_deployment_status_condition,condition=\"Available\",status=\"true\",reason=\"MinimumReplicasAvailable\" "
            + "1|kube_deployment_status_condition,condition=\"Available\",status=\"unknown\",reason=\"MinimumReplicasAvailable\" 0"
    )]
    [InlineData(
        "replicasets",
        """{"spec":{"replicas":0},"status":{"replicas":0}}""",
        "kube_replicaset_spec_replicas 0|kube_replicaset_owner,owner_kind=\"\",owner_name=\"\",owner_is_controller=\"\" 1"
    )]
    [InlineData(
        "statefulsets",
        """{"spec":{"replicas":5},"status":{"currentReplicas":4,"updateRevision":"db-2"}}""",
        "kube_statefulset_replicas 5|kube_statefulset_status_replicas_current 4|kube_statefulset_status_update_revision,revision=\"db-2\" 1"
    )]
    [InlineData(
        "daemonsets",
        """{"status":{"desiredNumberScheduled":3,"numberUnavailable":1}}""",
        "kube_daemonset_status_desired_number_scheduled 3|kube_daemonset_status_number_unavailable "
            + "1|kube_daemonset_status_number_misscheduled 0"
    )]
    [InlineData(
        "jobs",
        """{"spec":{"completions":2},"status":{"failed":3,"startTime":"2026-11-21T10:00:00Z","conditions":"""
            + """[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}}""",
        "kube_job_spec_completions 2|kube_job_status_failed,reason=\"BackoffLimitExceeded\" 1|kube_job_status_start_time "
            + "1795255200|kube_job_failed,condition=\"true\" 1|kube_job_failed,condition=\"false\" 0"
    )]
    [InlineData("jobs", """{"status":{"failed":3}}""", "kube_job_status_failed,reason=\"\" 3|kube_job_status_active 0")]
    [InlineData(
        "cronjobs",
        """{"spec":{"schedule":"*/5 * * * *","suspend":true},"status":{"active":[{"name":"a"},{"name":"b"}]}}""",
        "kube_cronjob_info,schedule=\"*/5 * * * *\",concurrency_policy=\"\",timezone=\"\" 1|kube_cronjob_spec_suspend "
            + "1|kube_cronjob_status_active 2"
    )]
    [InlineData(
        "horizontalpodautoscalers",
        """{"spec":{"maxReplicas":9,"scaleTargetRef":{"kind":"Deployment","name":"web","apiVersion":"apps/v1"}},"status":"""
            + """{"currentReplicas":2,"desiredReplicas":4}}""",
        "kube_horizontalpodautoscaler_spec_min_replicas 1|kube_horizontalpodautoscaler_spec_max_replicas "
            + "9|kube_horizontalpodautoscaler_status_desired_replicas "
            + "4|kube_horizontalpodautoscaler_info,scaletargetref_api_version=\"apps/v1\",scaletargetref_kind=\"Deployment\","
            + "scaletargetref_name=\"web\" 1"
    )]
    [InlineData(
        "nodes",
        """{"spec":{"unschedulable":true,"taints":[{"key":"k","effect":"NoSchedule"}]},"status":{"capacity":"""
            + """{"cpu":"3920m","pods":"110","hugepages-2Mi":"0"},"conditions":[{"type":"Ready","status":"Unknown"}],"addresses":"""
            + """[{"type":"Hostname","address":"h"},{"type":"InternalIP","address":"10.0.0.9"}],"nodeInfo":"""
            + """{"kubeletVersion":"v1.32.4"}}}""",
        "kube_node_spec_unschedulable 1|kube_node_spec_taint,key=\"k\",value=\"\",effect=\"NoSchedule\" "
            + "1|kube_node_status_capacity,resource=\"cpu\",unit=\"core\" "
            + "3.92|kube_node_status_capacity,resource=\"pods\",unit=\"integer\" "
            + "110|kube_node_status_capacity,resource=\"hugepages_2Mi\",unit=\"byte\" "
            + "0|kube_node_status_condition,condition=\"Ready\",status=\"unknown\" 1|kube_node_role,role=\"control-plane\" "
            + "1|kube_node_info,kernel_version=\"\",os_image=\"\",container_runtime_version=\"\",kubelet_version=\"v1.32.4\","
            + "kubeproxy_version=\"\",provider_id=\"\",pod_cidr=\"\",system_uuid=\"\",internal_ip=\"10.0.0.9\" 1"
    )]
    [InlineData(
        "services",
        """{"spec":{"type":"LoadBalancer","clusterIP":"10.9.0.1"},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4"}]}}}""",
        "kube_service_spec_type,type=\"LoadBalancer\" 1|kube_service_status_load_balancer_ingress,ip=\"1.2.3.4\",hostname=\"\" "
            + "1|kube_service_info,cluster_ip=\"10.9.0.1\",external_name=\"\",external_traffic_policy=\"\",load_balancer_ip=\"\" 1"
    )]
    [InlineData(
        "persistentvolumeclaims",
        """{"spec":{"accessModes":["ReadWriteOnce"],"volumeName":"pv1","resources":{"requests":{"storage":"10Gi"}}},"status":"""
            + """{"phase":"Lost","conditions":[{"type":"Resizing","status":"True"}]}}""",
        "kube_persistentvolumeclaim_status_phase,phase=\"Lost\" 1|kube_persistentvolumeclaim_status_phase,phase=\"Bound\" "
            + "0|kube_persistentvolumeclaim_resource_requests_storage_bytes "
            + "10737418240|kube_persistentvolumeclaim_access_mode,access_mode=\"ReadWriteOnce\" "
            + "1|kube_persistentvolumeclaim_status_condition,type=\"Resizing\",status=\"true\" "
            + "1|kube_persistentvolumeclaim_info,storageclass=\"\",volumename=\"pv1\",volumemode=\"\" 1"
    )]
    [InlineData(
        "persistentvolumes",
        """{"spec":{"capacity":{"storage":"1Ti"},"claimRef":{"namespace":"d","name":"data"},"persistentVolumeReclaimPolicy":"Retain"}"""
            + ""","status":{"phase":"Bound"}}""",
        "kube_persistentvolume_capacity_bytes 1099511627776|kube_persistentvolume_claim_ref,claim_namespace=\"d\",name=\"data\" "
            + "1|kube_persistentvolume_status_phase,phase=\"Bound\" 1|kube_persistentvolume_status_phase,phase=\"Failed\" 0"
    )]
    public async Task Resources_are_told_as_the_documents_say(string name, string body, string expected)
    {
        var resource = ObjectMetrics.Resources.Single(resource => resource.Name == name);
        var json =
            $$$"""{"apiVersion":"v1","kind":"X","metadata":{"name":"x","namespace":"d","uid":"u","labels":"""
            + $$$"""{"node-role.kubernetes.io/control-plane":""}},{{{body.AsSpan(1)}}}""";
        var lines = await ScrapeAsync(resource, (null, json));
        var identity = $"{(resource.IsNamespaced ? "namespace=\"d\"," : "")}{resource.Label}=\"x\"{(resource.HasUid ? ",uid=\"u\"" : "")}";
        foreach (var line in expected.Split('|'))
        {
            var at = line.LastIndexOf(' ');
            var comma = line.IndexOf(',', StringComparison.Ordinal) is var i and >= 0 ? i : at;
            Assert.Contains($"{line[..comma]}{{{identity}{line[comma..at]}}}{line[at..]}", lines);
        }
    }

    [Fact]
    public void Every_family_has_one_name_and_every_resource_is_in_the_catalog()
    {
        var names = ObjectMetrics.Resources.SelectMany(resource => resource.Families.Select(family => family.Name)).ToArray();
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(
            ObjectMetrics.Resources,
            resource => Assert.Equal(resource.Name, Vigia.Catalog.ResourceCatalog.BuiltIn.Find(resource.Name)?.Name)
        );
    }

    [Fact]
    public async Task What_is_written_is_not_held_a_reader_that_stops_stops_the_writer()
    {
        var pods = Enumerable.Range(0, 2_000).Select(_ => RawObject.Parse(Encoding.UTF8.GetBytes(Crashing))).ToArray();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024));
        using var scrape = new ObjectScrape(pipe.Writer);
        var writing = scrape.WriteAsync(PodFamilies.Resource, [(null, pods)], TestContext.Current.CancellationToken);
        Assert.False(writing.IsCompleted);
        Assert.InRange(scrape.Written, 1, 512 * 1024);
        pipe.Reader.Complete();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    private static async Task<string[]> ScrapeAsync(ObjectResource resource, params (string? Cluster, string Json)[] objects)
    {
        var stream = new MemoryStream();
        var output = PipeWriter.Create(stream);
        using (var scrape = new ObjectScrape(output))
        {
            await scrape.WriteAsync(
                resource,
                [
                    .. objects.Select(pair =>
                        (pair.Cluster, (IReadOnlyCollection<RawObject>)[RawObject.Parse(Encoding.UTF8.GetBytes(pair.Json))])
                    ),
                ],
                TestContext.Current.CancellationToken
            );
        }

        await output.CompleteAsync();
        var text = Encoding.UTF8.GetString(stream.ToArray());
        await Promtool.CheckAsync(text, isOptional: true);
        return [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#')];
    }
}

namespace Vigia.Catalog.Projections;

/// <summary>
/// Whether an object is as it should be: what "unhealthy only" keeps and colours show (k9s' VALID column).
/// </summary>
internal static class Healths
{
    public static RowHealth Of(string kind, ref ProjectionContext context)
    {
        var json = context.Json;
        var status = json["status"u8];
        return kind switch
        {
            "Pod" => Pod(context.Pod),
            "Deployment" or "StatefulSet" => Replicas(
                json["spec"u8]["replicas"u8].IsAbsent ? 1 : json["spec"u8]["replicas"u8].Number,
                status["readyReplicas"u8].Number
            ),
            "ReplicaSet" => Replicas(status["replicas"u8].Number, status["readyReplicas"u8].Number),
            "DaemonSet" => Replicas(status["desiredNumberScheduled"u8].Number, status["numberReady"u8].Number),
            "Job" => Workloads.JobStatus(json) == "Failed" ? RowHealth.Bad : RowHealth.Ok,
            "Node" => Nodes.Status(json) switch
            {
                "Ready" => RowHealth.Ok,
                var other => other.StartsWith("Ready", StringComparison.Ordinal) ? RowHealth.Warning : RowHealth.Bad,
            },
            "PersistentVolumeClaim" => status["phase"u8].Text switch
            {
                "Bound" => RowHealth.Ok,
                "Lost" => RowHealth.Bad,
                _ => RowHealth.Warning,
            },
            "PersistentVolume" => status["phase"u8].TextEquals("Failed"u8) ? RowHealth.Bad : RowHealth.Ok,
            "Event" => json["type"u8].TextEquals("Warning"u8) ? RowHealth.Warning : RowHealth.Ok,
            "Namespace" => status["phase"u8].TextEquals("Terminating"u8) ? RowHealth.Warning : RowHealth.Ok,
            "DaskCluster" => status["phase"u8].Text switch
            {
                "Running" => RowHealth.Ok,
                "Error" => RowHealth.Bad,
                _ => RowHealth.Warning,
            },
            _ => RowHealth.Ok,
        };
    }

    private static RowHealth Pod(PodSummary pod) =>
        pod.Status switch
        {
            "Running" => pod.Ready == pod.Containers ? RowHealth.Ok : RowHealth.Warning,
            "Completed" or "Succeeded" => RowHealth.Ok,
            "Pending" or "ContainerCreating" or "PodInitializing" or "Terminating" or "SchedulingGated" or "NotReady" => RowHealth.Warning,
            var status when status.StartsWith("Init:", StringComparison.Ordinal) && status.Contains('/', StringComparison.Ordinal) =>
                RowHealth.Warning,
            _ => RowHealth.Bad,
        };

    private static RowHealth Replicas(long wanted, long ready) =>
        ready >= wanted ? RowHealth.Ok
        : ready > 0 ? RowHealth.Warning
        : RowHealth.Bad;
}

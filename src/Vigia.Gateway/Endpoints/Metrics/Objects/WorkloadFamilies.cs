using Vigia.Catalog.Paths;
using static Vigia.Gateway.Endpoints.Metrics.Objects.CommonFamilies;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>The metrics of what makes pods, as kube-state-metrics' documents describe them.</summary>
internal static class WorkloadFamilies
{
    /// <summary>Deployments.</summary>
    public static ObjectResource Deployments { get; } =
        new(
            "deployments",
            "deployment",
            true,
            false,
            [
                Created("kube_deployment"),
                Deletion("kube_deployment"),
                Generation("kube_deployment"),
                ObservedGeneration("kube_deployment"),
                Number(
                    "kube_deployment_spec_replicas",
                    "Desired number of pods.",
                    static (in ObjectView of) => Wanted(of.Spec["replicas"u8])
                ),
                Number(
                    "kube_deployment_spec_paused",
                    "1 if it is paused, else 0.",
                    static (in ObjectView of) => of.Spec["paused"u8].IsTrue ? 1 : 0
                ),
                Number("kube_deployment_status_replicas", "Number of pods.", static (in ObjectView of) => Count(of.Status["replicas"u8])),
                Number(
                    "kube_deployment_status_replicas_ready",
                    "Number of ready pods.",
                    static (in ObjectView of) => Count(of.Status["readyReplicas"u8])
                ),
                Number(
                    "kube_deployment_status_replicas_available",
                    "Number of available pods.",
                    static (in ObjectView of) => Count(of.Status["availableReplicas"u8])
                ),
                Number(
                    "kube_deployment_status_replicas_unavailable",
                    "Number of pods that are missing.",
                    static (in ObjectView of) => Count(of.Status["unavailableReplicas"u8])
                ),
                Number(
                    "kube_deployment_status_replicas_updated",
                    "Number of pods of the newest template.",
                    static (in ObjectView of) => Count(of.Status["updatedReplicas"u8])
                ),
                Conditions("kube_deployment", withReason: true),
            ]
        );

    /// <summary>Replica sets.</summary>
    public static ObjectResource ReplicaSets { get; } =
        new(
            "replicasets",
            "replicaset",
            true,
            false,
            [
                Created("kube_replicaset"),
                Owner("kube_replicaset"),
                Generation("kube_replicaset"),
                ObservedGeneration("kube_replicaset"),
                Number(
                    "kube_replicaset_spec_replicas",
                    "Desired number of pods.",
                    static (in ObjectView of) => Wanted(of.Spec["replicas"u8])
                ),
                Number("kube_replicaset_status_replicas", "Number of pods.", static (in ObjectView of) => Count(of.Status["replicas"u8])),
                Number(
                    "kube_replicaset_status_ready_replicas",
                    "Number of ready pods.",
                    static (in ObjectView of) => Count(of.Status["readyReplicas"u8])
                ),
                Number(
                    "kube_replicaset_status_fully_labeled_replicas",
                    "Number of pods with all labels of the template.",
                    static (in ObjectView of) => Count(of.Status["fullyLabeledReplicas"u8])
                ),
            ]
        );

    /// <summary>Stateful sets.</summary>
    public static ObjectResource StatefulSets { get; } =
        new(
            "statefulsets",
            "statefulset",
            true,
            false,
            [
                Created("kube_statefulset"),
                Generation("kube_statefulset"),
                ObservedGeneration("kube_statefulset"),
                Number("kube_statefulset_replicas", "Desired number of pods.", static (in ObjectView of) => Wanted(of.Spec["replicas"u8])),
                Number("kube_statefulset_status_replicas", "Number of pods.", static (in ObjectView of) => Count(of.Status["replicas"u8])),
                Number(
                    "kube_statefulset_status_replicas_ready",
                    "Number of ready pods.",
                    static (in ObjectView of) => Count(of.Status["readyReplicas"u8])
                ),
                Number(
                    "kube_statefulset_status_replicas_available",
                    "Number of available pods.",
                    static (in ObjectView of) => Count(of.Status["availableReplicas"u8])
                ),
                Number(
                    "kube_statefulset_status_replicas_current",
                    "Number of pods of the current revision.",
                    static (in ObjectView of) => Count(of.Status["currentReplicas"u8])
                ),
                Number(
                    "kube_statefulset_status_replicas_updated",
                    "Number of pods of the revision that is being rolled out.",
                    static (in ObjectView of) => Count(of.Status["updatedReplicas"u8])
                ),
                new(
                    "kube_statefulset_status_current_revision",
                    "revision",
                    "The revision of its pods.",
                    static (SeriesWriter to, in ObjectView of) => Info(to, "revision"u8, of.Status["currentRevision"u8])
                ),
                new(
                    "kube_statefulset_status_update_revision",
                    "revision",
                    "The revision that is being rolled out.",
                    static (SeriesWriter to, in ObjectView of) => Info(to, "revision"u8, of.Status["updateRevision"u8])
                ),
            ]
        );

    /// <summary>Daemon sets.</summary>
    public static ObjectResource DaemonSets { get; } =
        new(
            "daemonsets",
            "daemonset",
            true,
            false,
            [
                Created("kube_daemonset"),
                Deletion("kube_daemonset"),
                Generation("kube_daemonset"),
                ObservedGeneration("kube_daemonset"),
                Number(
                    "kube_daemonset_status_desired_number_scheduled",
                    "Number of nodes that should run its pod.",
                    static (in ObjectView of) => Count(of.Status["desiredNumberScheduled"u8])
                ),
                Number(
                    "kube_daemonset_status_current_number_scheduled",
                    "Number of nodes that run its pod and should.",
                    static (in ObjectView of) => Count(of.Status["currentNumberScheduled"u8])
                ),
                Number(
                    "kube_daemonset_status_number_ready",
                    "Number of nodes whose pod is ready.",
                    static (in ObjectView of) => Count(of.Status["numberReady"u8])
                ),
                Number(
                    "kube_daemonset_status_number_available",
                    "Number of nodes whose pod is available.",
                    static (in ObjectView of) => Count(of.Status["numberAvailable"u8])
                ),
                Number(
                    "kube_daemonset_status_number_unavailable",
                    "Number of nodes that should have its pod available and do not.",
                    static (in ObjectView of) => Count(of.Status["numberUnavailable"u8])
                ),
                Number(
                    "kube_daemonset_status_number_misscheduled",
                    "Number of nodes that run its pod and should not.",
                    static (in ObjectView of) => Count(of.Status["numberMisscheduled"u8])
                ),
                Number(
                    "kube_daemonset_status_updated_number_scheduled",
                    "Number of nodes that run its pod of the newest template.",
                    static (in ObjectView of) => Count(of.Status["updatedNumberScheduled"u8])
                ),
            ]
        );

    /// <summary>Jobs.</summary>
    public static ObjectResource Jobs { get; } =
        new(
            "jobs",
            "job_name",
            true,
            false,
            [
                new("kube_job_info", "", "Information about it.", static (SeriesWriter to, in ObjectView of) => to.Series(1))
                {
                    ReadsBody = false,
                },
                Created("kube_job"),
                Owner("kube_job"),
                Number(
                    "kube_job_spec_parallelism",
                    "Number of pods that may run in parallel.",
                    static (in ObjectView of) => Optional(of.Spec["parallelism"u8])
                ),
                Number(
                    "kube_job_spec_completions",
                    "Number of pods that must succeed.",
                    static (in ObjectView of) => Optional(of.Spec["completions"u8])
                ),
                Number(
                    "kube_job_spec_active_deadline_seconds",
                    "Its deadline in seconds.",
                    static (in ObjectView of) => Optional(of.Spec["activeDeadlineSeconds"u8])
                ),
                Number("kube_job_status_active", "Number of running pods.", static (in ObjectView of) => Count(of.Status["active"u8])),
                Number(
                    "kube_job_status_succeeded",
                    "Number of pods that succeeded.",
                    static (in ObjectView of) => Count(of.Status["succeeded"u8])
                ),
                new("kube_job_status_failed", "reason", "Number of pods that failed; 1 with the reason if the job failed.", JobFailed),
                Number(
                    "kube_job_status_start_time",
                    "When its controller started it, in seconds since 1970.",
                    static (in ObjectView of) => ObjectView.Seconds(of.Status["startTime"u8])
                ),
                Number(
                    "kube_job_status_completion_time",
                    "When it was complete, in seconds since 1970.",
                    static (in ObjectView of) => ObjectView.Seconds(of.Status["completionTime"u8])
                ),
                Condition("kube_job_complete", "Complete"u8.ToArray(), "Whether it is complete; only for completed jobs."),
                Condition("kube_job_failed", "Failed"u8.ToArray(), "Whether it has failed; only for failed jobs."),
            ]
        );

    /// <summary>Cron jobs.</summary>
    public static ObjectResource CronJobs { get; } =
        new(
            "cronjobs",
            "cronjob",
            true,
            false,
            [
                new(
                    "kube_cronjob_info",
                    "schedule concurrency_policy timezone",
                    "Its schedule.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        to.Begin();
                        to.Label("schedule"u8, of.Spec["schedule"u8]);
                        to.Label("concurrency_policy"u8, of.Spec["concurrencyPolicy"u8]);
                        to.Label("timezone"u8, of.Spec["timeZone"u8]);
                        to.End(1);
                    }
                ),
                Created("kube_cronjob"),
                Number(
                    "kube_cronjob_spec_suspend",
                    "1 if it is suspended, else 0.",
                    static (in ObjectView of) => of.Spec["suspend"u8].IsTrue ? 1 : 0
                ),
                Number("kube_cronjob_status_active", "Number of active jobs.", static (in ObjectView of) => of.Status["active"u8].Count),
                Number(
                    "kube_cronjob_status_last_schedule_time",
                    "When it was last scheduled, in seconds since 1970.",
                    static (in ObjectView of) => ObjectView.Seconds(of.Status["lastScheduleTime"u8])
                ),
                Number(
                    "kube_cronjob_status_last_successful_time",
                    "When one of its jobs last succeeded, in seconds since 1970.",
                    static (in ObjectView of) => ObjectView.Seconds(of.Status["lastSuccessfulTime"u8])
                ),
            ]
        );

    /// <summary>Horizontal pod autoscalers.</summary>
    public static ObjectResource Autoscalers { get; } =
        new(
            "horizontalpodautoscalers",
            "horizontalpodautoscaler",
            true,
            false,
            [
                new(
                    "kube_horizontalpodautoscaler_info",
                    "scaletargetref_api_version scaletargetref_kind scaletargetref_name",
                    "The object that it scales.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        var target = of.Spec["scaleTargetRef"u8];
                        to.Begin();
                        to.Label("scaletargetref_api_version"u8, target["apiVersion"u8]);
                        to.Label("scaletargetref_kind"u8, target["kind"u8]);
                        to.Label("scaletargetref_name"u8, target["name"u8]);
                        to.End(1);
                    }
                ),
                Created("kube_horizontalpodautoscaler"),
                Generation("kube_horizontalpodautoscaler"),
                Number(
                    "kube_horizontalpodautoscaler_spec_min_replicas",
                    "The smallest number of pods that it may set.",
                    static (in ObjectView of) => Wanted(of.Spec["minReplicas"u8])
                ),
                Number(
                    "kube_horizontalpodautoscaler_spec_max_replicas",
                    "The largest number of pods that it may set.",
                    static (in ObjectView of) => Count(of.Spec["maxReplicas"u8])
                ),
                Number(
                    "kube_horizontalpodautoscaler_status_current_replicas",
                    "Number of pods.",
                    static (in ObjectView of) => Count(of.Status["currentReplicas"u8])
                ),
                Number(
                    "kube_horizontalpodautoscaler_status_desired_replicas",
                    "Number of pods that it sets.",
                    static (in ObjectView of) => Count(of.Status["desiredReplicas"u8])
                ),
                Conditions("kube_horizontalpodautoscaler"),
            ]
        );

    /// <summary>A missing value is 1, the API server's default.</summary>
    private static double Wanted(JsonView replicas) => replicas.IsAbsent ? 1 : replicas.Number;

    private static void Info(SeriesWriter to, ReadOnlySpan<byte> label, JsonView value)
    {
        if (!value.IsAbsent)
        {
            to.Begin();
            to.Label(label, value);
            to.End(1);
        }
    }

    private static void JobFailed(SeriesWriter to, in ObjectView of)
    {
        var failed = of.Status["failed"u8].Number;
        var condition = ObjectView.Condition(of.Status, "Failed"u8);
        to.Begin();
        if (failed > 0 && !condition.IsAbsent && StateOf(condition) == 0)
        {
            to.Label("reason"u8, condition["reason"u8]);
            failed = 1;
        }
        else
        {
            to.Label("reason"u8, ""u8);
        }

        to.End(failed);
    }
}

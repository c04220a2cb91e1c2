using Vigia.Catalog.Paths;
using Vigia.Kubernetes;
using static Vigia.Gateway.Endpoints.Metrics.Objects.CommonFamilies;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>The metrics of pods and their containers, as kube-state-metrics' pod-metrics.md describes them.</summary>
internal static class PodFamilies
{
    // Flags: what most pods do not have, so that they need not be opened for it; and states, in three bits each.
    private const int Waiting = 1;
    private const int Terminated = 2;
    private const int LastTerminated = 4;
    private const int InitContainers = 8;
    private const int Reason = 16;
    private const int Unschedulable = 32;
    private const int Running = 64;
    private const int PhaseAt = 8;
    private const int ReadyAt = 12;
    private const int ScheduledAt = 16;
    private const int ClassAt = 20;

    private static readonly byte[][] Phases =
    [
        "Pending"u8.ToArray(),
        "Succeeded"u8.ToArray(),
        "Failed"u8.ToArray(),
        "Unknown"u8.ToArray(),
        "Running"u8.ToArray(),
    ];
    private static readonly byte[][] Classes = ["BestEffort"u8.ToArray(), "Burstable"u8.ToArray(), "Guaranteed"u8.ToArray()];

    private static readonly byte[] Containers = "containers"u8.ToArray();
    private static readonly byte[] ContainerStatuses = "containerStatuses"u8.ToArray();
    private static readonly byte[] Init = "initContainers"u8.ToArray();
    private static readonly byte[] InitStatuses = "initContainerStatuses"u8.ToArray();

    /// <summary>The resource.</summary>
    public static ObjectResource Resource { get; } =
        new(
            "pods",
            "pod",
            IsNamespaced: true,
            HasUid: true,
            [
                new(
                    "kube_pod_info",
                    "host_ip pod_ip node created_by_kind created_by_name priority_class host_network",
                    "Where it runs and its creator.",
                    Info
                ),
                Owner("kube_pod"),
                Created("kube_pod"),
                Deletion("kube_pod"),
                Number(
                    "kube_pod_start_time",
                    "When the kubelet accepted it, in seconds since 1970.",
                    static (in ObjectView of) => ObjectView.Seconds(of.Status["startTime"u8])
                ),
                Number(
                    "kube_pod_completion_time",
                    "When its last container terminated, in seconds since 1970; only if all have.",
                    Completion
                ) with
                {
                    Needs = Terminated,
                },
                new(
                    "kube_pod_restart_policy",
                    "type",
                    "The restart policy of its containers.",
                    static (SeriesWriter to, in ObjectView of) => One(to, "type"u8, of.Spec["restartPolicy"u8])
                ),
                States("kube_pod_status_phase", "phase", "Its phase: 1 for the current one.", PhaseAt, Phases),
                States(
                    "kube_pod_status_qos_class",
                    "qos_class",
                    "Its quality of service: 1 for the class that it is of.",
                    ClassAt,
                    Classes
                ),
                States(
                    "kube_pod_status_ready",
                    "condition",
                    "Whether it is ready: 1 for the current status of the condition.",
                    ReadyAt,
                    TrueFalseUnknown.ToArray()
                ),
                States(
                    "kube_pod_status_scheduled",
                    "condition",
                    "Whether it is scheduled: 1 for the current status of the condition.",
                    ScheduledAt,
                    TrueFalseUnknown.ToArray()
                ),
                Number(
                    "kube_pod_status_unschedulable",
                    "1 if no node can be found for it; only for such pods.",
                    static (in ObjectView of) => 1
                ) with
                {
                    Needs = Unschedulable,
                    ReadsBody = false,
                },
                new(
                    "kube_pod_status_reason",
                    "reason",
                    "Why it is in its phase (Evicted, NodeLost, …); only if there is a reason.",
                    static (SeriesWriter to, in ObjectView of) => One(to, "reason"u8, of.Status["reason"u8])
                )
                {
                    Needs = Reason,
                },
                new(
                    "kube_pod_container_info",
                    "container image_spec image image_id container_id",
                    "Its containers and their images.",
                    static (SeriesWriter to, in ObjectView of) => ContainerInfo(to, of, Containers, ContainerStatuses)
                ),
                .. Statuses("kube_pod_container", ContainerStatuses, 0),
                Amount("kube_pod_container_resource_requests", "Requests of its containers.", Containers, "requests"u8.ToArray(), 0),
                Amount("kube_pod_container_resource_limits", "Limits of its containers.", Containers, "limits"u8.ToArray(), 0),
                new(
                    "kube_pod_init_container_info",
                    "container image_spec image image_id container_id",
                    "Its init containers and their images.",
                    static (SeriesWriter to, in ObjectView of) => ContainerInfo(to, of, Init, InitStatuses)
                )
                {
                    Needs = InitContainers,
                },
                .. Statuses("kube_pod_init_container", InitStatuses, InitContainers),
                Amount(
                    "kube_pod_init_container_resource_requests",
                    "Requests of its init containers.",
                    Init,
                    "requests"u8.ToArray(),
                    InitContainers
                ),
                Amount(
                    "kube_pod_init_container_resource_limits",
                    "Limits of its init containers.",
                    Init,
                    "limits"u8.ToArray(),
                    InitContainers
                ),
            ]
        )
        {
            Classify = Classify,
        };

    private static int Classify(RawObject o, JsonView spec, JsonView status)
    {
        var flags = 0;
        foreach (var member in status.Members())
        {
            var value = member.Value;
            if (member.Name.SequenceEqual("phase"u8))
            {
                flags |= (IndexOf(value, Phases) + 1) << PhaseAt;
            }
            else if (member.Name.SequenceEqual("qosClass"u8))
            {
                flags |= (IndexOf(value, Classes) + 1) << ClassAt;
            }
            else if (member.Name.SequenceEqual("reason"u8))
            {
                flags |= Reason;
            }
            else if (member.Name.SequenceEqual("conditions"u8))
            {
                flags |= Conditions(value);
            }
            else if (member.Name.SequenceEqual("containerStatuses"u8) || member.Name.SequenceEqual("initContainerStatuses"u8))
            {
                flags |= States(value) | (member.Name[0] == (byte)'i' ? InitContainers : 0);
            }
        }

        return (flags & InitContainers) == 0 && !spec["initContainers"u8].IsAbsent ? flags | InitContainers : flags;
    }

    private static int Conditions(JsonView conditions)
    {
        var flags = 0;
        foreach (var condition in conditions.Items())
        {
            var type = condition["type"u8];
            if (type.TextEquals("Ready"u8))
            {
                flags |= (StateOf(condition) + 1) << ReadyAt;
            }
            else if (type.TextEquals("PodScheduled"u8))
            {
                flags |= (StateOf(condition) + 1) << ScheduledAt;
                flags |= condition["reason"u8].TextEquals("Unschedulable"u8) && StateOf(condition) == 1 ? Unschedulable : 0;
            }
        }

        return flags;
    }

    private static int States(JsonView statuses)
    {
        var flags = 0;
        foreach (var status in statuses.Items())
        {
            var state = status["state"u8];
            flags |=
                state["running"u8].IsObject ? Running
                : state["waiting"u8].IsObject ? Waiting
                : state["terminated"u8].IsObject ? Terminated
                : 0;
            flags |= status["lastState"u8]["terminated"u8].IsObject ? LastTerminated : 0;
        }

        return flags;
    }

    private static void Info(SeriesWriter to, in ObjectView of)
    {
        var owner = of.Object.Owners.FirstOrDefault(static owner => owner.IsController);
        to.Begin();
        to.Label("host_ip"u8, of.Status["hostIP"u8]);
        to.Label("pod_ip"u8, of.Status["podIP"u8]);
        to.Label("node"u8, of.Spec["nodeName"u8]);
        to.Label("created_by_kind"u8, owner?.Kind ?? "");
        to.Label("created_by_name"u8, owner?.Name ?? "");
        to.Label("priority_class"u8, of.Spec["priorityClassName"u8]);
        to.Label("host_network"u8, of.Spec["hostNetwork"u8].IsTrue ? "true"u8 : "false"u8);
        to.End(1);
    }

    private static double Completion(in ObjectView of)
    {
        var last = double.NaN;
        foreach (var status in of.Status["containerStatuses"u8].Items())
        {
            var ended = ObjectView.Seconds(status["state"u8]["terminated"u8]["finishedAt"u8]);
            if (double.IsNaN(ended))
            {
                return double.NaN;
            }

            last = double.IsNaN(last) ? ended : Math.Max(last, ended);
        }

        return last;
    }

    private static void ContainerInfo(SeriesWriter to, in ObjectView of, byte[] containers, byte[] statuses)
    {
        foreach (var status in of.Status[statuses].Items())
        {
            JsonView asked = default;
            foreach (var container in of.Spec[containers].Items())
            {
                if (container["name"u8].Raw.SequenceEqual(status["name"u8].Raw))
                {
                    asked = container["image"u8];
                }
            }

            to.Begin();
            to.Label("container"u8, status["name"u8]);
            to.Label("image_spec"u8, asked);
            to.Label("image"u8, status["image"u8]);
            to.Label("image_id"u8, status["imageID"u8]);
            to.Label("container_id"u8, status["containerID"u8]);
            to.End(1);
        }
    }

    private static List<ObjectFamily> Statuses(string prefix, byte[] statuses, int needs)
    {
        var isInit = needs == InitContainers;
        var families = new List<ObjectFamily>
        {
            Container("_status_ready", "1 if the container is ready, else 0.", static status => status["ready"u8].IsTrue ? 1 : 0, needs),
            Container(
                "_status_restarts_total",
                "Number of restarts of the container.",
                static status => status["restartCount"u8].Number,
                needs
            ),
            Container(
                "_status_running",
                "1 if the container is running, else 0.",
                static status => status["state"u8]["running"u8].IsObject ? 1 : 0,
                needs
            ),
            Container(
                "_status_waiting",
                "1 if the container is waiting, else 0.",
                static status => status["state"u8]["waiting"u8].IsObject ? 1 : 0,
                needs
            ),
            Reasons(
                "_status_waiting_reason",
                "What the container waits for; only for waiting containers.",
                static status => status["state"u8]["waiting"u8]["reason"u8],
                Waiting
            ),
            Container(
                "_status_terminated",
                "1 if the container has terminated, else 0.",
                static status => status["state"u8]["terminated"u8].IsObject ? 1 : 0,
                needs
            ),
            Reasons(
                "_status_terminated_reason",
                "Why the container terminated; only for terminated containers.",
                static status => status["state"u8]["terminated"u8]["reason"u8],
                Terminated
            ),
            Reasons(
                "_status_last_terminated_reason",
                "Why the container terminated the last time; only for containers that have.",
                static status => status["lastState"u8]["terminated"u8]["reason"u8],
                LastTerminated
            ),
        };
        if (!isInit)
        {
            families.Add(
                Container(
                    "_state_started",
                    "When the running container was started, in seconds since 1970.",
                    static status => ObjectView.Seconds(status["state"u8]["running"u8]["startedAt"u8]),
                    Running
                )
            );
            families.Add(
                Container(
                    "_status_last_terminated_exitcode",
                    "The exit code of the container's last termination.",
                    static status => Optional(status["lastState"u8]["terminated"u8]["exitCode"u8]),
                    LastTerminated
                )
            );
        }

        return families;

        ObjectFamily Container(string name, string help, StatusNumber read, int flags) =>
            new(
                prefix + name,
                "container",
                help,
                (SeriesWriter to, in ObjectView of) =>
                {
                    foreach (var status in of.Status[statuses].Items())
                    {
                        if (read(status) is var value && !double.IsNaN(value))
                        {
                            to.Begin();
                            to.Label("container"u8, status["name"u8]);
                            to.End(value);
                        }
                    }
                }
            )
            {
                Needs = flags,
            };

        ObjectFamily Reasons(string name, string help, StatusPart read, int flags) =>
            new(
                prefix + name,
                "container reason",
                help,
                (SeriesWriter to, in ObjectView of) =>
                {
                    foreach (var status in of.Status[statuses].Items())
                    {
                        if (read(status) is { IsAbsent: false } reason)
                        {
                            to.Begin();
                            to.Label("container"u8, status["name"u8]);
                            to.Label("reason"u8, reason);
                            to.End(1);
                        }
                    }
                }
            )
            {
                Needs = flags,
            };
    }

    private static ObjectFamily Amount(string name, string help, byte[] containers, byte[] which, int needs) =>
        new(
            name,
            "container node resource unit",
            help,
            (SeriesWriter to, in ObjectView of) =>
            {
                var node = of.Spec["nodeName"u8];
                foreach (var container in of.Spec[containers].Items())
                {
                    Amounts(to, container["resources"u8][which], container["name"u8], node, isOfContainer: true);
                }
            }
        )
        {
            Needs = needs,
        };

    private static ObjectFamily States(string name, string label, string help, int at, byte[][] states)
    {
        var labelBytes = System.Text.Encoding.ASCII.GetBytes(label);
        return new(
            name,
            label,
            help,
            (SeriesWriter to, in ObjectView of) =>
            {
                // 0 stands for a pod without the value.
                if (((of.Flags >> at) & 7) is var state and > 0)
                {
                    to.States(labelBytes, states, state - 1);
                }
            }
        )
        {
            ReadsBody = false,
        };
    }

    private static void One(SeriesWriter to, ReadOnlySpan<byte> label, JsonView value)
    {
        if (!value.IsAbsent)
        {
            to.Begin();
            to.Label(label, value);
            to.End(1);
        }
    }

    private delegate double StatusNumber(JsonView status);

    private delegate JsonView StatusPart(JsonView status);
}

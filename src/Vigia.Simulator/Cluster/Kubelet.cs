using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>The kubelets of all nodes: they start pods, restart crashed containers, and finish deletions.</summary>
internal sealed partial class Kubelet
{
    private readonly World _world;

    public Kubelet(World world)
    {
        _world = world;
    }

    private static GroupVersionResource Pods => BuiltInTypes.Pods.Gvr;

    /// <summary>
    /// How long the kubelet waits before it starts a crashed container again: 10 s, doubled each time, 5 min at most.
    /// </summary>
    public static TimeSpan BackOff(int restarts) => TimeSpan.FromSeconds(Math.Min(300, 10 * Math.Pow(2, Math.Max(0, restarts - 1))));

    /// <summary>Takes up a pod that has been given a node.</summary>
    public void Take(PodRecord pod)
    {
        if (!pod.Started && pod.Phase == "Pending")
        {
            _world.After(_world.Between(0.05, 0.3), pod, () => Create(pod));
        }
    }

    /// <summary>
    /// Ends a pod that was marked as deleted; on a node that is lost this waits until the node returns.
    /// </summary>
    public void Terminate(PodRecord pod)
    {
        pod.Epoch++;
        _world.Events.Pod(pod, "Killing", "Stopping container main");
        _world.After(_world.Between(0.4, 2.5), pod, () => Finish(pod));
    }

    /// <summary>Writes the kubelet's record of a pod into its status.</summary>
    public void Write(PodRecord pod)
    {
        var host = pod.Node.Length > 0 && _world.Nodes.TryGetValue(pod.Node, out var node) ? node.Address : "";
        _world.Store.Mutate(Pods, pod.Key, json => json["status"] = PodStatus.Of(json, pod, host), "kubelet", "status");
        _world.TouchOwner(pod.OwnerUid);
    }

    /// <summary>Flips the readiness of a running pod.</summary>
    public void SetReady(PodRecord pod, bool ready)
    {
        if (pod.Phase == "Running" && pod.Ready != ready && (!ready || pod.Stage == ContainerStage.Running))
        {
            pod.Ready = ready;
            pod.ReadyChangedAt = _world.Now;
            if (!ready)
            {
                _world.Events.Pod(pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", warning: true);
            }

            Write(pod);
        }
    }

    /// <summary>Takes a pod away for want of memory: it stays as Failed, Evicted.</summary>
    public void Evict(PodRecord pod)
    {
        pod.Epoch++;
        pod.Phase = "Failed";
        pod.Reason = "Evicted";
        pod.Stage = ContainerStage.Terminated;
        pod.Ready = false;
        _world.Events.Pod(pod, "Evicted", "The node was low on resource: memory. ", warning: true);
        Write(pod);
        // The garbage collector of a real cluster waits for 12,500 of them: here they go after a while, so that counts
        // stay flat.
        _world.After(
            _world.Between(60, 180),
            pod,
            () => _world.Store.Delete(Pods, pod.Key, new DeletionOptions { GracePeriodSeconds = 0 })
        );
    }

    /// <summary>Ends the main container of a running pod; its restart policy decides the rest.</summary>
    public void Crash(PodRecord pod, string reason, int exitCode)
    {
        if (pod.Stage != ContainerStage.Running || pod.Phase != "Running")
        {
            return;
        }

        pod.Epoch++;
        var wasReady = pod.Ready;
        pod.Ready = false;
        pod.ReadyChangedAt = wasReady ? _world.Now : pod.ReadyChangedAt;
        pod.FinishedAt = _world.Now;
        pod.LastStartedAt = pod.ContainerStartedAt;
        (pod.LastReason, pod.LastExitCode) = (reason, exitCode);
        (pod.Stage, pod.Reason, pod.ExitCode) = (ContainerStage.Terminated, reason, exitCode);
        Write(pod);
        if (pod.Restarts == 0)
        {
            _world.After(_world.Between(0.5, 2), pod, () => Restart(pod));
            return;
        }

        _world.After(
            _world.Between(0.5, 2),
            pod,
            () =>
            {
                (pod.Stage, pod.Reason) = (ContainerStage.Waiting, "CrashLoopBackOff");
                _world.Events.Pod(
                    pod,
                    "BackOff",
                    $"Back-off restarting failed container main in pod {pod.Key.Name}_{pod.Key.Namespace}({pod.Uid})",
                    warning: true
                );
                Write(pod);
                _world.After(BackOff(pod.Restarts).TotalSeconds, pod, () => Restart(pod));
            }
        );
    }

    private void Restart(PodRecord pod)
    {
        pod.Restarts++;
        _world.Events.Pod(pod, "Pulled", "Container image already present on machine");
        Run(pod);
    }

    private void Create(PodRecord pod)
    {
        if (!NodeUp(pod))
        {
            _world.After(5, pod, () => Create(pod));
            return;
        }

        pod.Started = true;
        pod.StartedAt = _world.Now;
        pod.Reason = "ContainerCreating";
        if (_world.Store.Get(Pods, pod.Key) is not { } item)
        {
            return;
        }

        var spec = item.ToJson()["spec"] as JsonObject ?? [];
        var container = (spec["containers"] as JsonArray)?.FirstOrDefault() as JsonObject ?? [];
        var image = Json.Text(container["image"]);
        Plan(pod, spec, container, image);
        Write(pod);
        _world.Events.Pod(pod, "Pulling", $"Pulling image \"{image}\"");
        if (IsMissing(image))
        {
            _world.After(_world.Between(0.5, 2), pod, () => FailPull(pod, image, 0));
            return;
        }

        var pull = _world.Between(0.3, 2.5);
        _world.After(
            pull,
            pod,
            () =>
            {
                _world.Events.Pod(pod, "Pulled", $"Successfully pulled image \"{image}\"");
                _world.Events.Pod(pod, "Created", "Created container: main");
                Run(pod);
            }
        );
    }

    private void Run(PodRecord pod)
    {
        if (!NodeUp(pod))
        {
            _world.After(5, pod, () => Run(pod));
            return;
        }

        if (pod.Ip.Length == 0 && _world.Nodes.TryGetValue(pod.Node, out var node))
        {
            pod.Ip = NextIp(node);
        }

        (pod.Phase, pod.Stage, pod.Reason) = ("Running", ContainerStage.Running, "");
        pod.ContainerStartedAt = _world.Now;
        _world.Events.Pod(pod, "Started", "Started container main");
        Write(pod);
        switch (pod.Fate)
        {
            case PodFate.Completes or PodFate.Fails:
                pod.Ready = true;
                pod.ReadyChangedAt = _world.Now;
                Write(pod);
                _world.After(_world.Between(3, 12), pod, () => End(pod));
                return;
            case PodFate.Crashes or PodFate.RunsOutOfMemory when pod.CrashesLeft != 0:
                pod.CrashesLeft = Math.Max(-1, pod.CrashesLeft - 1);
                _world.After(
                    _world.Between(1, 4),
                    pod,
                    () => Crash(pod, pod.Fate == PodFate.Crashes ? "Error" : "OOMKilled", pod.Fate == PodFate.Crashes ? 1 : 137)
                );
                return;
        }

        _world.After(_world.Between(0.4, 2.5), pod, () => SetReady(pod, true));
    }

    private void End(PodRecord pod)
    {
        var well = pod.Fate == PodFate.Completes;
        pod.Ready = false;
        pod.ReadyChangedAt = pod.FinishedAt = _world.Now;
        (pod.Phase, pod.Stage, pod.Reason, pod.ExitCode) = (
            well ? "Succeeded" : "Failed",
            ContainerStage.Terminated,
            well ? "Completed" : "Error",
            well ? 0 : 1
        );
        Write(pod);
    }

    private void FailPull(PodRecord pod, string image, int attempt)
    {
        pod.Reason = "ErrImagePull";
        _world.Events.Pod(
            pod,
            "Failed",
            $"Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": not found",
            warning: true
        );
        _world.Events.Pod(pod, "Failed", "Error: ErrImagePull", warning: true);
        Write(pod);
        _world.After(
            _world.Between(2, 6),
            pod,
            () =>
            {
                pod.Reason = "ImagePullBackOff";
                _world.Events.Pod(pod, "BackOff", $"Back-off pulling image \"{image}\"");
                Write(pod);
                _world.After(
                    BackOff(attempt + 1).TotalSeconds,
                    pod,
                    () =>
                    {
                        // The image may have been changed meanwhile, as `kubectl set image pod` does.
                        var now = Json.Text(_world.Store.Get(Pods, pod.Key)?.ToJson()["spec"]?["containers"]?[0]?["image"]);
                        if (IsMissing(now))
                        {
                            FailPull(pod, now, attempt + 1);
                        }
                        else
                        {
                            Run(pod);
                        }
                    }
                );
            }
        );
    }

    private void Finish(PodRecord pod)
    {
        if (NodeUp(pod))
        {
            _world.Store.Delete(Pods, pod.Key, new DeletionOptions { GracePeriodSeconds = 0, Uid = pod.Uid });
        }
        else
        {
            _world.After(5, pod, () => Finish(pod));
        }
    }

    /// <summary>
    /// False while its node is there but does not answer; a node that was removed takes its kubelet's duties along.
    /// </summary>
    private bool NodeUp(PodRecord pod) => !_world.Nodes.TryGetValue(pod.Node, out var node) || node.Ready;

    public static string NextIp(NodeRecord node)
    {
        var number = node.NextIp++ % 64_000;
        return $"10.{100 + (node.Index / 250)}.{node.Index % 250}.{(number % 250) + 2}";
    }

    private static bool IsMissing(string image) =>
        image.Contains("bad", StringComparison.Ordinal)
        || image.Contains("missing", StringComparison.Ordinal)
        || image.Contains("nonexistent", StringComparison.Ordinal);

    /// <summary>Derives a pod's behaviour: words in its image and command decide, else its restart policy.</summary>
    private static void Plan(PodRecord pod, JsonObject spec, JsonObject container, string image)
    {
        if (pod.Fate != PodFate.Runs)
        {
            return;
        }

        var text = $"{image} {container["command"]?.ToJsonString()} {container["args"]?.ToJsonString()}";
        var policy = Json.Text(spec["restartPolicy"]);
        var fails = text.Contains("crash", StringComparison.Ordinal) || text.Contains("exit 1", StringComparison.Ordinal);
        pod.Fate = policy switch
        {
            "Never" or "OnFailure" => fails
                ? policy == "Never"
                    ? PodFate.Fails
                    : PodFate.Crashes
                : text.Contains("serve", StringComparison.Ordinal)
                || text.Contains("sleep infinity", StringComparison.Ordinal)
                || pod.OwnerUid.Length == 0 && pod.Key.Name.StartsWith("jupyter-", StringComparison.Ordinal)
                    ? PodFate.Runs
                    : PodFate.Completes,
            _ when text.Contains("oom", StringComparison.Ordinal) => PodFate.RunsOutOfMemory,
            _ => fails ? PodFate.Crashes : PodFate.Runs,
        };
    }
}

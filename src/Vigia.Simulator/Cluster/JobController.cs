using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>Runs the pods of jobs until enough have succeeded, or too many have failed.</summary>
internal sealed class JobController
{
    private const string Manager = "kube-controller-manager";
    private readonly World _world;

    public JobController(World world)
    {
        _world = world;
        world.On(BuiltInTypes.Jobs.Gvr, Reconcile);
    }

    private void Reconcile(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.Jobs.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var json = item.ToJson();
        var spec = Json.Child(json, "spec");
        if (
            (json["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>().Any(c => Json.Text(c["type"]) is "Complete" or "Failed")
        )
        {
            return;
        }

        var pods = _world.PodsOf(item.Uid);
        var active = pods.Count(p => p.Active);
        var succeeded = pods.Count(p => p.Phase == "Succeeded");
        var failed = pods.Count(p => p.Phase == "Failed");
        var parallel = Json.Int(spec["parallelism"], 1);
        var completions = spec["completions"] is null
            ? succeeded > 0
                ? succeeded
                : 1
            : Json.Int(spec["completions"], 1);
        var complete = succeeded >= completions;
        var broken = !complete && failed > Json.Int(spec["backoffLimit"], 6);
        var suspended = spec["suspend"]?.GetValueKind() == System.Text.Json.JsonValueKind.True;
        if (complete || broken || suspended)
        {
            foreach (var pod in pods.Where(p => p.Active).ToList())
            {
                _world.Store.Delete(BuiltInTypes.Pods.Gvr, pod.Key);
            }

            active = 0;
        }
        else
        {
            for (; active < Math.Min(parallel, completions - succeeded); active++)
            {
                var made = _world.Store.Create(
                    BuiltInTypes.Pods.Gvr,
                    PodMaker.Make(
                        Json.Child(spec, "template"),
                        item,
                        null,
                        key.Name + "-",
                        ("job-name", key.Name),
                        ("controller-uid", item.Uid),
                        ("batch.kubernetes.io/job-name", key.Name),
                        ("batch.kubernetes.io/controller-uid", item.Uid)
                    ),
                    Manager
                );
                _world.Events.About(item, "SuccessfulCreate", $"Created pod: {made.Key.Name}", "job-controller");
            }
        }

        var now = _world.Now;
        _world.Store.Mutate(
            BuiltInTypes.Jobs.Gvr,
            key,
            o =>
            {
                var status = Json.Child(o, "status");
                status["startTime"] ??= Json.Time(now);
                Json.Count(status, "active", active);
                Json.Count(status, "succeeded", succeeded);
                Json.Count(status, "failed", failed);
                status["ready"] = pods.Count(p => p is { Active: true, Ready: true });
                status["uncountedTerminatedPods"] = new JsonObject();
                if (complete)
                {
                    status["completionTime"] = Json.Time(now);
                    Json.Condition(
                        status,
                        "SuccessCriteriaMet",
                        true,
                        "CompletionsReached",
                        "Reached expected number of succeeded pods",
                        now,
                        withUpdateTime: false
                    );
                    Json.Condition(
                        status,
                        "Complete",
                        true,
                        "CompletionsReached",
                        "Reached expected number of succeeded pods",
                        now,
                        withUpdateTime: false
                    );
                }
                else if (broken)
                {
                    Json.Condition(
                        status,
                        "Failed",
                        true,
                        "BackoffLimitExceeded",
                        "Job has reached the specified backoff limit",
                        now,
                        withUpdateTime: false
                    );
                }
            },
            Manager,
            "status"
        );
        if (complete || broken)
        {
            _world.Events.About(
                item,
                complete ? "Completed" : "BackoffLimitExceeded",
                complete ? "Job completed" : "Job has reached the specified backoff limit",
                "job-controller",
                warning: broken
            );
            if (spec["ttlSecondsAfterFinished"] is { } ttl)
            {
                var uid = item.Uid;
                _world.After(
                    Math.Max(1, Json.Int(ttl)),
                    () =>
                    {
                        if (_world.Store.Get(BuiltInTypes.Jobs.Gvr, key)?.Uid == uid)
                        {
                            _world.Store.Delete(BuiltInTypes.Jobs.Gvr, key);
                        }
                    }
                );
            }
        }
    }
}

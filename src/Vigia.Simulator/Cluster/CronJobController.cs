using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// Starts the jobs of cron jobs at their times, and clears away the old ones. Of a schedule the minutes and hours count
/// (numbers, <c>*</c>, <c>*/n</c>).
/// </summary>
internal sealed class CronJobController
{
    private const string Manager = "kube-controller-manager";
    private readonly World _world;
    private readonly HashSet<ObjectKey> _waiting = [];

    public CronJobController(World world)
    {
        _world = world;
        world.On(BuiltInTypes.CronJobs.Gvr, Reconcile);
    }

    private void Reconcile(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.CronJobs.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var json = item.ToJson();
        var jobs = _world
            .ChildrenOf(item.Uid, BuiltInTypes.Jobs.Gvr)
            .Where(j => !j.IsDeleting)
            .Select(j => (Item: j, Status: j.ToJson()["status"]))
            .ToList();
        Clear(jobs.Where(j => Ended(j.Status, "Complete")), Json.Int(json["spec"]?["successfulJobsHistoryLimit"], 3));
        Clear(jobs.Where(j => Ended(j.Status, "Failed")), Json.Int(json["spec"]?["failedJobsHistoryLimit"], 1));
        var active = jobs.Where(j => !Ended(j.Status, "Complete") && !Ended(j.Status, "Failed")).ToList();
        _world.Store.Mutate(
            BuiltInTypes.CronJobs.Gvr,
            key,
            o =>
            {
                var status = Json.Child(o, "status");
                status.Remove("active");
                if (active.Count > 0)
                {
                    status["active"] = new JsonArray([
                        .. active.Select(j => new JsonObject
                        {
                            ["kind"] = "Job",
                            ["namespace"] = key.Namespace,
                            ["name"] = j.Item.Key.Name,
                            ["uid"] = j.Item.Uid,
                            ["apiVersion"] = "batch/v1",
                        }),
                    ]);
                }
            },
            Manager,
            "status"
        );
        if (_waiting.Add(key) && Next(Json.Text(json["spec"]?["schedule"]), _world.Now) is { } due)
        {
            _world.After(
                due - _world.Now,
                () =>
                {
                    _waiting.Remove(key);
                    Fire(key, due);
                }
            );
        }
    }

    private void Fire(ObjectKey key, DateTimeOffset due)
    {
        if (_world.Store.Get(BuiltInTypes.CronJobs.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        var spec = Json.Child(item.ToJson(), "spec");
        if (spec["suspend"]?.GetValueKind() != System.Text.Json.JsonValueKind.True && spec["jobTemplate"]?["spec"] is JsonObject job)
        {
            var made = Seeding.Named($"{key.Name}-{(due.ToUnixTimeSeconds() / 60).ToString(CultureInfo.InvariantCulture)}", key.Namespace);
            made["labels"] = spec["jobTemplate"]?["metadata"]?["labels"]?.DeepClone();
            made["ownerReferences"] = PodMaker.OwnedBy(item);
            var graph = new JsonObject { ["metadata"] = made, ["spec"] = job.DeepClone() };
            Validation.Defaults.Apply(BuiltInTypes.Jobs, graph);
            var stored = _world.Store.Create(BuiltInTypes.Jobs.Gvr, graph, Manager);
            _world.Events.About(item, "SuccessfulCreate", $"Created job {stored.Key.Name}", "cronjob-controller");
            _world.Store.Mutate(
                BuiltInTypes.CronJobs.Gvr,
                key,
                o => Json.Child(o, "status")["lastScheduleTime"] = Json.Time(due),
                Manager,
                "status"
            );
        }

        _world.Touch(BuiltInTypes.CronJobs.Gvr, key);
    }

    private void Clear(IEnumerable<(StoredObject Item, JsonNode? Status)> ended, int keep)
    {
        var list = ended.OrderBy(j => j.Item.Key).ToList();
        foreach (var (item, _) in list.Take(Math.Max(0, list.Count - keep)))
        {
            _world.Store.Delete(BuiltInTypes.Jobs.Gvr, item.Key);
        }
    }

    private static bool Ended(JsonNode? status, string how) =>
        (status?["conditions"] as JsonArray ?? []).OfType<JsonObject>().Any(c => Json.Text(c["type"]) == how);

    private static DateTimeOffset? Next(string schedule, DateTimeOffset after)
    {
        var fields = schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (minutes, hours) =
            fields.Length == 5 ? (fields[0], fields[1])
            : schedule is "@daily" or "@midnight" ? ("0", "0")
            : ("0", "*");
        var at = new DateTimeOffset(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        for (var i = 1; i <= 24 * 60; i++)
        {
            var candidate = at.AddMinutes(i);
            if (Fits(minutes, candidate.Minute) && Fits(hours, candidate.Hour))
            {
                return candidate;
            }
        }

        return null;
    }

    private static bool Fits(string field, int value) =>
        field == "*"
        || field
            .Split(',')
            .Any(part =>
                part.StartsWith("*/", StringComparison.Ordinal)
                    ? int.TryParse(part.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
                        && step > 0
                        && value % step == 0
                    : int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number == value
            );
}

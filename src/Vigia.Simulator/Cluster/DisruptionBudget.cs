using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// A PodDisruptionBudget and the disruptions that it allows now: counted each time, since no controller keeps the count
/// in a bare API server.
/// </summary>
internal sealed class DisruptionBudget
{
    private readonly ObjectStore _store;
    private readonly JsonObject _spec;
    private readonly LabelSelector _selector;

    private DisruptionBudget(ObjectStore store, StoredObject item)
    {
        (_store, Item) = (store, item);
        _spec = Json.Child(item.ToJson(), "spec");
        _selector = Selector(_spec["selector"] as JsonObject ?? []);
        Count();
    }

    public StoredObject Item { get; }

    /// <summary>Ready pods that are not on their way out.</summary>
    public int Healthy { get; private set; }

    /// <summary>The number of pods that must stay available.</summary>
    public int Desired { get; private set; }

    /// <summary>The expected number of pods.</summary>
    public int Expected { get; private set; }

    /// <summary>The number of disruptions allowed.</summary>
    public int Allowed => Math.Max(0, Healthy - Desired);

    /// <summary>True if pods that are not ready may go whatever the count.</summary>
    public bool AlwaysAllowsUnhealthy => Json.Text(_spec["unhealthyPodEvictionPolicy"]) == "AlwaysAllow";

    public static DisruptionBudget Of(ObjectStore store, StoredObject item) => new(store, item);

    /// <summary>The budgets that a pod counts for.</summary>
    public static IReadOnlyList<DisruptionBudget> For(ObjectStore store, StoredObject pod) =>
        [
            .. store
                .List(BuiltInTypes.PodDisruptionBudgets.Gvr, pod.Key.Namespace)
                .Where(item => Selector(item.ToJson()["spec"]?["selector"] as JsonObject ?? []).Matches(pod.Labels))
                .Select(item => new DisruptionBudget(store, item)),
        ];

    public static bool IsReady(StoredObject pod) =>
        pod.ToJson()["status"]?["conditions"] is JsonArray conditions
        && conditions.Any(c => Json.Text(c?["type"]) == "Ready" && Json.Text(c?["status"]) == "True");

    /// <summary>Writes the counts into the budget's status, where they changed.</summary>
    public void WriteStatus()
    {
        var json = Item.ToJson();
        var status = new JsonObject
        {
            ["observedGeneration"] = json["metadata"]?["generation"]?.DeepClone(),
            ["disruptionsAllowed"] = Allowed,
            ["currentHealthy"] = Healthy,
            ["desiredHealthy"] = Desired,
            ["expectedPods"] = Expected,
        };
        if (!JsonNode.DeepEquals(json["status"], status))
        {
            _store.Mutate(
                BuiltInTypes.PodDisruptionBudgets.Gvr,
                Item.Key,
                current => current["status"] = status.DeepClone(),
                "kube-controller-manager",
                "status"
            );
        }
    }

    private void Count()
    {
        var pods = _store
            .List(BuiltInTypes.Pods.Gvr, Item.Key.Namespace)
            .Where(pod => _selector.Matches(pod.Labels) && pod.Field("status.phase") is not ("Succeeded" or "Failed"))
            .ToList();
        Healthy = pods.Count(pod => !pod.IsDeleting && IsReady(pod));
        Expected = Scale(pods);
        Desired =
            _spec["maxUnavailable"] is { } most ? Math.Max(0, Expected - Part(most, Expected))
            : _spec["minAvailable"] is { } least ? Part(least, Expected)
            : 1;
    }

    /// <summary>
    /// The desired pods of their controllers; pods without a controller that has a scale count one each.
    /// </summary>
    private int Scale(List<StoredObject> pods)
    {
        var (sum, seen) = (0, new HashSet<string>(StringComparer.Ordinal));
        foreach (var pod in pods)
        {
            var owner = (pod.ToJson()["metadata"]?["ownerReferences"] as JsonArray ?? [])
                .OfType<JsonObject>()
                .FirstOrDefault(o => (bool?)o["controller"] == true);
            if (owner is null)
            {
                sum++;
            }
            else if (seen.Add(Json.Text(owner["uid"])))
            {
                var type = _store.Types.FirstOrDefault(t =>
                    t.Kind == Json.Text(owner["kind"]) && t.ApiVersion == Json.Text(owner["apiVersion"])
                );
                var found = type is null ? null : _store.Get(type.Gvr, new ObjectKey(pod.Key.Namespace, Json.Text(owner["name"])));
                sum += found?.ToJson()["spec"]?["replicas"] is { } replicas
                    ? Json.Int(replicas)
                    : pods.Count(other => other.OwnerUids.Contains(Json.Text(owner["uid"])));
            }
        }

        return sum;
    }

    /// <summary>A number, or a percentage rounded up, as the disruption controller has it.</summary>
    private static int Part(JsonNode value, int of) =>
        Json.Text(value) is { Length: > 1 } text
        && text.EndsWith('%')
        && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var percent)
            ? (int)Math.Ceiling(of * percent / 100.0)
            : Json.Int(value);

    private static LabelSelector Selector(JsonObject selector)
    {
        var terms = (selector["matchLabels"] as JsonObject ?? [])
            .Select(pair => $"{pair.Key}={Json.Text(pair.Value)}")
            .Concat((selector["matchExpressions"] as JsonArray ?? []).OfType<JsonObject>().Select(Term));
        return LabelSelector.TryParse(string.Join(',', terms), out var parsed, out _) ? parsed : LabelSelector.Everything;
    }

    private static string Term(JsonObject expression)
    {
        var (key, values) = (Json.Text(expression["key"]), string.Join(',', (expression["values"] as JsonArray ?? []).Select(Json.Text)));
        return Json.Text(expression["operator"]) switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "DoesNotExist" => "!" + key,
            _ => key,
        };
    }
}

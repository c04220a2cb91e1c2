using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>Writes Kubernetes events: a repeated one counts up, and the oldest go when there are too many.</summary>
internal sealed class EventRecorder(World world)
{
    private readonly Dictionary<(string Uid, string Reason, string Message), ObjectKey> _known = [];
    private readonly Queue<((string, string, string) Id, ObjectKey Key)> _order = new();
    private long _next;

    /// <summary>How many events are kept.</summary>
    public int Cap { get; set; } = 1000;

    public void Record(
        string kind,
        string apiVersion,
        ObjectKey about,
        string uid,
        string reason,
        string message,
        string component,
        bool warning = false,
        string host = ""
    )
    {
        var now = Json.Time(world.Now);
        var id = (uid, reason, message);
        if (_known.TryGetValue(id, out var key))
        {
            var counted = world.Store.Mutate(
                BuiltInTypes.Events.Gvr,
                key,
                e =>
                {
                    e["count"] = Json.Int(e["count"], 1) + 1;
                    e["lastTimestamp"] = now;
                },
                component
            );
            if (counted is not null)
            {
                return;
            }
        }

        var ns = about.Namespace.Length == 0 ? "default" : about.Namespace;
        if (world.Store.Get(BuiltInTypes.Namespaces.Gvr, new("", ns)) is not { IsDeleting: false })
        {
            return; // as the real server refuses it
        }

        // The name's suffix is the time in the real one; here it may not depend on the clock's resolution.
        key = new ObjectKey(ns, $"{about.Name}.{(world.Now.UtcTicks * 100) + (_next++ % 10_000):x}");
        var source = new JsonObject { ["component"] = component };
        if (host.Length > 0)
        {
            source["host"] = host;
        }

        var involved = new JsonObject
        {
            ["kind"] = kind,
            ["name"] = about.Name,
            ["uid"] = uid,
            ["apiVersion"] = apiVersion,
        };
        if (about.Namespace.Length > 0)
        {
            involved["namespace"] = about.Namespace;
        }

        if (kind == "Pod" && component == "kubelet" && reason is not ("NodeNotReady" or "Evicted"))
        {
            involved["fieldPath"] = "spec.containers{main}";
        }

        world.Store.Create(
            BuiltInTypes.Events.Gvr,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = key.Name, ["namespace"] = ns },
                ["involvedObject"] = involved,
                ["reason"] = reason,
                ["message"] = message,
                ["source"] = source,
                ["firstTimestamp"] = now,
                ["lastTimestamp"] = now,
                ["count"] = 1,
                ["type"] = warning ? "Warning" : "Normal",
                ["eventTime"] = null,
                ["reportingComponent"] = component,
                ["reportingInstance"] = host,
            },
            component
        );
        _known[id] = key;
        _order.Enqueue((id, key));
        while (_order.Count > Cap)
        {
            var (oldId, oldKey) = _order.Dequeue();
            if (_known.TryGetValue(oldId, out var current) && current == oldKey)
            {
                _known.Remove(oldId);
            }

            world.Store.Delete(BuiltInTypes.Events.Gvr, oldKey);
        }
    }

    public void Pod(PodRecord pod, string reason, string message, string component = "kubelet", bool warning = false) =>
        Record("Pod", "v1", pod.Key, pod.Uid, reason, message, component, warning, component == "kubelet" ? pod.Node : "");

    public void About(StoredObject item, string reason, string message, string component, bool warning = false) =>
        Record(item.Type.Kind, item.Type.ApiVersion, item.Key, item.Uid, reason, message, component, warning);
}

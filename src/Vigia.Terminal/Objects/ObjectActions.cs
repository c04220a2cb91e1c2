using System.Globalization;
using System.Text;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Kubernetes.Errors;
using Vigia.Kubernetes.Objects;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Loading;

namespace Vigia.Terminal.Objects;

/// <summary>What is done to objects, with the same requests that kubectl makes.</summary>
internal static class ObjectActions
{
    private const string MergePatch = "application/merge-patch+json";
    private const string StrategicPatch = "application/strategic-merge-patch+json";

    private static readonly TimeSpan DrainPatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan EvictionPause = TimeSpan.FromSeconds(2);

    /// <summary>Does it; returns what to say. What the server refuses is an exception with its sentence.</summary>
    public static async Task<string> RunAsync(UiAction action, ClusterLink link, ResourceEntry entry, IReadOnlyList<ObjectKey> keys, string? input, TimeProvider time, CancellationToken cancellationToken)
    {
        var version = link.Feed(entry).Version ?? throw new InvalidOperationException($"where {link.Name} has {entry.Name} is not known yet");
        var kind = entry.Kind.ToLowerInvariant();
        var what = keys.Count == 1 ? $"{kind} {keys[0]}" : $"{keys.Count} {entry.Name}";
        switch (action)
        {
            case UiAction.Delete or UiAction.Kill:
                var options = action == UiAction.Kill ? """{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"propagationPolicy":"Background"}"""u8.ToArray() : """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"}"""u8.ToArray();
                foreach (var key in keys)
                {
                    await link.Client.SendBytesAsync(HttpMethod.Delete, version.Path(key.Namespace, key.Name), options, ct: cancellationToken);
                }

                return $"deleted {what}";
            case UiAction.Scale:
                var replicas = int.Parse(input ?? "", NumberStyles.None, CultureInfo.InvariantCulture);
                foreach (var key in keys)
                {
                    await link.Client.SendBytesAsync(HttpMethod.Patch, version.Path(key.Namespace, key.Name, "scale"), Utf8($$$"""{"spec":{"replicas":{{{replicas}}}}}"""), MergePatch, cancellationToken);
                }

                return $"scaled {what} to {replicas}";
            case UiAction.Restart:
                // As kubectl rollout restart does: an annotation of the template, so that new pods are made of it.
                var now = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
                foreach (var key in keys)
                {
                    await link.Client.SendBytesAsync(HttpMethod.Patch, version.Path(key.Namespace, key.Name), Utf8($$$$$$"""{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"{{{{{{now}}}}}}"}}}}}"""), StrategicPatch, cancellationToken);
                }

                return $"restarted {what}";
            case UiAction.Cordon or UiAction.Uncordon:
                await CordonAsync(link, version, keys, action == UiAction.Cordon, cancellationToken);
                return $"{(action == UiAction.Cordon ? "cordoned" : "uncordoned")} {what}";
            case UiAction.Drain:
                await CordonAsync(link, version, keys, true, cancellationToken);
                var evicted = 0;
                foreach (var key in keys)
                {
                    evicted += await DrainAsync(link, key.Name, time, cancellationToken);
                }

                return $"drained {what}: {evicted} pods evicted";
            default:
                throw new InvalidOperationException($"{action} is no action on objects");
        }
    }

    private static async Task CordonAsync(ClusterLink link, GroupVersionResource version, IReadOnlyList<ObjectKey> keys, bool cordons, CancellationToken cancellationToken)
    {
        foreach (var key in keys)
        {
            await link.Client.SendBytesAsync(HttpMethod.Patch, version.Path(null, key.Name), cordons ? """{"spec":{"unschedulable":true}}"""u8.ToArray() : """{"spec":{"unschedulable":null}}"""u8.ToArray(), MergePatch, cancellationToken);
        }
    }

    /// <summary>Evicts a node's pods, but for those of DaemonSets and mirror pods; where a disruption budget forbids it for now, it is tried again.</summary>
    private static async Task<int> DrainAsync(ClusterLink link, string node, TimeProvider time, CancellationToken cancellationToken)
    {
        var pods = link.Find("pods")?.Informer ?? throw new InvalidOperationException("pods are not loaded");
        var evicted = 0;
        var start = time.GetTimestamp();
        foreach (var pod in pods.Store.List())
        {
            using var json = ObjectJson.Parse(pod);
            if (json.RootElement.Text("spec", "nodeName") != node || pod.Owners.Any(owner => owner.Kind == "DaemonSet") || json.RootElement.At("metadata", "annotations").Text("kubernetes.io/config.mirror") is not null
                || json.RootElement.Text("status", "phase") is "Succeeded" or "Failed")
            {
                continue;
            }

            var body = Utf8($$$"""{"apiVersion":"policy/v1beta1","kind":"Eviction","metadata":{"name":{{{JsonSerializer.Serialize(pod.Name)}}},"namespace":{{{JsonSerializer.Serialize(pod.Namespace)}}}}}""");
            while (!await EvictAsync(link, pod, body, cancellationToken))
            {
                if (time.GetElapsedTime(start) > DrainPatience)
                {
                    throw new TimeoutException($"{pod.Key} cannot be evicted from {node}: a disruption budget forbids it; {evicted} pods were evicted, the node stays cordoned");
                }

                await Task.Delay(EvictionPause, time, cancellationToken);
            }

            evicted++;
        }

        return evicted;
    }

    private static async Task<bool> EvictAsync(ClusterLink link, RawObject pod, byte[] body, CancellationToken cancellationToken)
    {
        var pods = new GroupVersionResource("", "v1", "pods");
        try
        {
            // Servers from 1.22 on know policy/v1 as well; those before only this.
            var v1 = link.Served?.Resources.Any(resource => resource.Resource is { Group: "policy", Version: "v1" }) == true;
            var sent = v1 ? Utf8(Encoding.UTF8.GetString(body).Replace("policy/v1beta1", "policy/v1", StringComparison.Ordinal)) : body;
            await link.Client.SendBytesAsync(HttpMethod.Post, pods.Path(pod.Namespace, pod.Name, "eviction"), sent, ct: cancellationToken);
            return true;
        }
        catch (KubernetesApiException refused) when (refused.IsNotFound)
        {
            return true;
        }
        catch (KubernetesApiException refused) when (refused.IsTooManyRequests)
        {
            return false;
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

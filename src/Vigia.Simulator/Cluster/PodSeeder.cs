using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Ownership;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// Makes pods that run already. Those of one template are made once as a graph, then as text, one replacement each: 20
/// KB cost microseconds.
/// </summary>
internal sealed class PodSeeder(ObjectStore store, World world, Scheduling scheduling)
{
    /// <summary>The nodes on which pods are put where the caller names none.</summary>
    public List<NodeRecord> Nodes { get; } = [];

    /// <summary>Pods of one template that run already.</summary>
    public void Create(
        StoredObject owner,
        JsonObject template,
        int count,
        DateTimeOffset since,
        string hash,
        Func<int, string> name,
        Func<int, NodeRecord>? on = null,
        params (string Key, string Value)[] labels
    )
    {
        const string Name = "@@name@@",
            Ip = "@@ip@@",
            Node = "@@node@@",
            Host = "@@host@@";
        var sample = Running(new(owner.Key.Namespace, Name), "00000000-0000-4000-8000-000000000000", Node, Ip, since);
        var pod = PodMaker.Make(template, owner, Name, owner.Key.Name + "-", labels);
        var made = pod.DeepClone().AsObject();
        pod["metadata"]!["managedFields"] = null;
        ManagedFields.Track(BuiltInTypes.Pods, null, pod, "kube-controller-manager", null, Json.Time(since));
        var after = pod.DeepClone().AsObject();
        after["spec"]!["nodeName"] = Node;
        var running = after.DeepClone().AsObject();
        running["status"] = PodStatus.Of(made, sample, Host);
        ManagedFields.Track(BuiltInTypes.Pods, after, running, "kubelet", "status", Json.Time(since.AddSeconds(4)));
        var text = Encoding.UTF8.GetString(running.ToUtf8());
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var number = 0; number < count; number++)
        {
            var node = on?.Invoke(number) ?? world.Pick(Nodes);
            var (podName, ip) = (name(number), Kubelet.NextIp(node));
            while (!names.Add(podName))
            {
                // Of ten thousand names made by chance two are alike; a server would refuse the second.
                podName = name(number);
            }

            var bytes = Encoding.UTF8.GetBytes(
                text.Replace(Name, podName, StringComparison.Ordinal)
                    .Replace(Ip, ip, StringComparison.Ordinal)
                    .Replace(Host, node.Address, StringComparison.Ordinal)
                    .Replace(Node, node.Name, StringComparison.Ordinal)
            );
            var stored = store.CreateRaw(BuiltInTypes.Pods.Gvr, bytes, since);
            scheduling.Adopt(Running(stored.Key, stored.Uid, node.Name, ip, since, owner.Uid, hash));
        }
    }

    /// <summary>Five random letters, as at the end of a generated name.</summary>
    public string Suffix()
    {
        const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
        return string.Concat(Enumerable.Range(0, 5).Select(_ => Alphabet[world.Random.Next(Alphabet.Length)]));
    }

    private static PodRecord Running(
        ObjectKey key,
        string uid,
        string node,
        string ip,
        DateTimeOffset since,
        string ownerUid = "",
        string hash = ""
    ) =>
        new()
        {
            Key = key,
            Uid = uid,
            OwnerUid = ownerUid,
            Hash = hash,
            Node = node,
            Ip = ip,
            Created = since,
            StartedAt = since,
            ContainerStartedAt = since,
            ReadyChangedAt = since,
            Phase = "Running",
            Stage = ContainerStage.Running,
            Reason = "",
            Ready = true,
            Started = true,
        };
}

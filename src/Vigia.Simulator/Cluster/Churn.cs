using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// The activity of the cluster: one small change after the other, at a rate of writes that includes their consequences.
/// Removals and additions balance, so the cluster keeps its size.
/// </summary>
internal sealed class Churn
{
    private const string Agent = "metrics-agent";
    private readonly World _world;
    private readonly SimulatedClusterOptions _options;
    private readonly Kubelet _kubelet;
    private readonly NodeLife _nodes;
    private readonly IdeUsers _users;
    private readonly DaskOperator _dask;
    private readonly Dictionary<ObjectKey, int> _sizes = [];
    private readonly HashSet<ObjectKey> _broken = [];
    private readonly string _annotation;
    private double _credit;
    private long _counted;
    private DateTimeOffset _last;
    private int _build = 100;

    public Churn(World world, SimulatedClusterOptions options, Kubelet kubelet, IdeUsers users, DaskOperator dask)
    {
        (_world, _options, _kubelet, _users, _dask) = (world, options, kubelet, users, dask);
        _nodes = new NodeLife(world, kubelet);
        _annotation = options.StampSentAt ? "bench/sent-at" : "monitoring.example.org/seen-at";
    }

    public void Start()
    {
        if (_options.Rate > 0)
        {
            _last = _world.Now;
            _counted = _world.Writes;
            for (var kind = 0; kind < 5; kind++)
            {
                _users.Open(kind);
            }

            _dask.Create();
            Tick();
        }
    }

    private void Tick()
    {
        // Credit grows with time, is spent by every write, and neither side grows without bound.
        _credit += ((_world.Now - _last).TotalSeconds * _options.Rate) - (_world.Writes - _counted);
        _credit = Math.Clamp(_credit, -20 * _options.Rate, Math.Max(2, _options.Rate));
        (_last, _counted) = (_world.Now, _world.Writes);
        if (_credit >= 0)
        {
            Step();
        }

        _world.After(Math.Clamp(0.7 / _options.Rate, 0.001, 2), Tick);
    }

    private void Step()
    {
        var chance = _world.Random.Next(1000);
        switch (chance)
        {
            case < 890:
                Touch();
                break;
            case < 920:
                Flip();
                break;
            case < 940:
                Scale();
                break;
            case < 948:
                Rollout("registry.example.org");
                break;
            case < 951:
                Break();
                break;
            case < 956:
                CrashFor();
                break;
            case < 960:
                if (Running() is { OwnerUid.Length: > 0 } evicted)
                {
                    _kubelet.Evict(evicted);
                }

                break;
            case < 980:
                _users.Step();
                break;
            case < 998:
                _dask.Step();
                break;
            default:
                var up = _world.Nodes.Values.Where(n => n is { Ready: true, ControlPlane: false }).ToList();
                if (up.Count == _world.Nodes.Values.Count(n => !n.ControlPlane) && up.Count > 1)
                {
                    _nodes.Lose(_world.Pick(up), _world.Between(40, 80));
                }

                break;
        }
    }

    /// <summary>
    /// A pod's annotation gets a new value. The first time through managedFields, later by changing the bytes in place.
    /// </summary>
    private void Touch()
    {
        if (Running() is not { } pod)
        {
            return;
        }

        var now = _world.Time.GetUtcNow();
        var value = _options.StampSentAt
            ? ((now - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture)
            : now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        var time = Encoding.ASCII.GetBytes(Json.Time(now));
        if (_world.Store.ReplaceRaw(BuiltInTypes.Pods.Gvr, pod.Key, old => Stamp(old.Bytes, $"\"{_annotation}\":\"", value, time)) is null)
        {
            _world.Store.Mutate(
                BuiltInTypes.Pods.Gvr,
                pod.Key,
                json => Json.Child(Json.Child(json, "metadata"), "annotations")[_annotation] = value,
                Agent
            );
        }
    }

    private static byte[]? Stamp(byte[] json, string mark, string value, byte[] time)
    {
        ReadOnlySpan<byte> start = Encoding.ASCII.GetBytes(mark);
        var at = json.AsSpan().IndexOf(start);
        if (at < 0)
        {
            return null;
        }

        at += start.Length;
        var length = json.AsSpan(at).IndexOf((byte)'"');
        var text = Encoding.ASCII.GetBytes(value);
        var made = new byte[json.Length - length + text.Length];
        json.AsSpan(0, at).CopyTo(made);
        text.CopyTo(made.AsSpan(at));
        json.AsSpan(at + length).CopyTo(made.AsSpan(at + text.Length));
        var entry = made.AsSpan().IndexOf("\"manager\":\"metrics-agent\""u8);
        var clock = entry < 0 ? -1 : made.AsSpan(entry).IndexOf("\"time\":\""u8);
        if (clock >= 0)
        {
            time.CopyTo(made.AsSpan(entry + clock + 8));
        }

        return made;
    }

    private void Flip()
    {
        if (Running() is { Ready: true, Fate: PodFate.Runs } pod)
        {
            _kubelet.SetReady(pod, false);
            _world.After(_world.Between(3, 20), pod, () => _kubelet.SetReady(pod, true));
        }
    }

    private void Scale()
    {
        if (Deployment() is not { } item)
        {
            return;
        }

        var now = Json.Int(item.ToJson()["spec"]?["replicas"], 1);
        if (!_sizes.TryGetValue(item.Key, out var usual))
        {
            _sizes[item.Key] = usual = now;
        }

        var to = Math.Max(1, usual + _world.Random.Next(-2, 3));
        _world.Store.Mutate(
            BuiltInTypes.Deployments.Gvr,
            item.Key,
            o => Json.Child(o, "spec")["replicas"] = to,
            "horizontal-pod-autoscaler"
        );
    }

    private void Rollout(string registry)
    {
        if (Deployment() is { } item && !_broken.Contains(item.Key))
        {
            SetImage(item.Key, $"{registry}/{item.Key.Namespace}/{item.Key.Name}:1.{_build++.ToString(CultureInfo.InvariantCulture)}.0");
        }
    }

    /// <summary>A deployment is updated to an image that was never pushed, and corrected after some minutes.</summary>
    private void Break()
    {
        if (Deployment() is not { } item || !_broken.Add(item.Key))
        {
            return;
        }

        var good = Json.Text(item.ToJson()["spec"]?["template"]?["spec"]?["containers"]?[0]?["image"]);
        SetImage(item.Key, $"registry.example.org/missing/{item.Key.Name}:1.{_build++.ToString(CultureInfo.InvariantCulture)}.0");
        _world.After(
            _world.Between(60, 240),
            () =>
            {
                _broken.Remove(item.Key);
                SetImage(item.Key, good);
            }
        );
    }

    private void SetImage(ObjectKey key, string image) =>
        _world.Store.Mutate(
            BuiltInTypes.Deployments.Gvr,
            key,
            o =>
            {
                if (o["spec"]?["template"]?["spec"]?["containers"]?[0] is JsonObject container)
                {
                    container["image"] = image;
                }
            },
            "helm"
        );

    private void CrashFor()
    {
        if (Running() is not { Fate: PodFate.Runs, Ready: true } pod)
        {
            return;
        }

        var memory = _world.Random.Next(3) == 0;
        pod.Fate = memory ? PodFate.RunsOutOfMemory : PodFate.Crashes;
        pod.CrashesLeft = 1 + _world.Random.Next(5);
        _kubelet.Crash(pod, memory ? "OOMKilled" : "Error", memory ? 137 : 1);
    }

    private PodRecord? Running()
    {
        for (var i = 0; i < 8 && _world.PodList.Count > 0; i++)
        {
            if (_world.Pick(_world.PodList) is { Phase: "Running", Stage: ContainerStage.Running, Deleting: false } pod)
            {
                return pod;
            }
        }

        return null;
    }

    private StoredObject? Deployment()
    {
        var list = _world.Store.List(BuiltInTypes.Deployments.Gvr);
        return list.Count == 0 || _world.Pick(list) is not { IsDeleting: false } item ? null : item;
    }
}

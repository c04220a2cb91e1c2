using System.Globalization;
using System.Text.Json;
using Vigia.Kubernetes.Workloads.Actions;

namespace Vigia.Kubernetes.Workloads;

/// <summary>
/// Drains a node: cordons it, evicts its pods as their disruption budgets allow, and waits until they are gone.
/// </summary>
/// <remarks>
/// Pods of DaemonSets and static pods stay. If pods block the drain (local data, no controller), nothing is evicted,
/// and the exception names the first pod for each reason; the node is cordoned all the same, as with kubectl. Each step
/// is reported to the progress.
/// </remarks>
public sealed class DrainAction : ClusterAction
{
    private readonly DrainOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Creates the action.</summary>
    /// <param name="target">The node.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public DrainAction(ActionTarget target, DrainOptions? options = null, TimeProvider? time = null)
        : base(target) => (_options, _time) = (options ?? new(), time ?? TimeProvider.System);

    /// <summary>
    /// Raised at every step with how far it is, on some thread of the pool, one after the other; handlers return soon.
    /// </summary>
    public event Action<DrainProgress>? Progressed;

    /// <inheritdoc/>
    public override bool Destroys => true;

    /// <inheritdoc/>
    public override string Question => $"Drain node {Target.Key.Name}: cordon it and evict its pods?";

    /// <inheritdoc/>
    public override string Kubectl =>
        Target.Kubectl(
            "drain",
            Target.Key.Name,
            _options.IgnoreDaemonSets ? "--ignore-daemonsets" : "",
            _options.DeleteEmptyDirData ? "--delete-emptydir-data" : "",
            _options.Force ? "--force" : "",
            _options.GracePeriodSeconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"--grace-period={seconds}") : "",
            _options.Timeout is { } limit ? string.Create(CultureInfo.InvariantCulture, $"--timeout={limit.TotalSeconds:0}s") : ""
        );

    /// <inheritdoc/>
    public override IReadOnlyList<NeededRight> Rights =>
        [new("patch", "nodes"), new("list", "pods"), new("get", "pods"), new("create", "pods/eviction")];

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">
    /// Pods block the drain: the message names them and the option that allows it.
    /// </exception>
    /// <exception cref="TimeoutException">
    /// It took longer than allowed; the message names the pods that are left.
    /// </exception>
    public override async Task<string> RunAsync(KubernetesClient client, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);

        // 1. No new pods.
        progress?.Report(await new CordonAction(Target, close: true).RunAsync(client, null, ct));

        // 2. The pods to evict, and whether they may be.
        var path = $"{KnownResources.Pods.Path()}?fieldSelector={Uri.EscapeDataString("spec.nodeName=" + Target.Key.Name)}";
        IReadOnlyList<DrainStep> plan;
        using (var list = JsonDocument.Parse(await client.GetBytesAsync(path, ct: ct)))
        {
            plan = DrainPlan.Of(list.RootElement, _options);
        }

        var blocking = plan.Where(step => step.Verdict == DrainVerdict.Blocks).ToList();
        if (blocking.Count > 0)
        {
            throw new InvalidOperationException(
                $"node {Target.Key.Name} is cordoned but not drained: "
                    + $"{string.Join("; ", blocking.GroupBy(step => step.Why, StringComparer.Ordinal).Select(Blocked))}"
            );
        }

        foreach (var step in plan.Where(step => step.Verdict == DrainVerdict.Leave))
        {
            progress?.Report($"leaving {step.Pod}: {step.Why}");
        }

        // 3. All at once: each waits for its own budget.
        var going = plan.Where(step => step.Verdict == DrainVerdict.Evict).ToList();
        var version = going.Count == 0 ? "" : await EvictionVersionAsync(client, ct);
        using var late = new CancellationTokenSource(_options.Timeout ?? System.Threading.Timeout.InfiniteTimeSpan, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        var left = new HashSet<ObjectKey>(going.Select(step => step.Pod));
        var waiting = new HashSet<ObjectKey>();
        Note(null, null);
        try
        {
            await Task.WhenAll(
                going.Select(async step =>
                {
                    await EvictAsync(
                        client,
                        step,
                        version,
                        progress,
                        waits => Note(waits ? step.Pod : null, waits ? null : step.Pod),
                        either.Token
                    );
                    lock (left)
                    {
                        left.Remove(step.Pod);
                        Note(null, step.Pod);
                        progress?.Report(
                            string.Create(CultureInfo.InvariantCulture, $"{step.Pod} is gone ({going.Count - left.Count} of {going.Count})")
                        );
                    }
                })
            );
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new TimeoutException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"node {Target.Key.Name} was not drained within {_options.Timeout!.Value.TotalSeconds:0} s; left: "
                        + $"{string.Join(", ", left.Order())}"
                )
            );
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"node {Target.Key.Name} is drained: {going.Count} pods evicted, {plan.Count - going.Count} left"
        );

        void Note(ObjectKey? waits, ObjectKey? goes)
        {
            lock (left)
            {
                if (waits is { } pod)
                {
                    waiting.Add(pod);
                }

                if (goes is { } ends)
                {
                    waiting.Remove(ends);
                }

                Progressed?.Invoke(new(going.Count, going.Count - left.Count, [.. left.Order()], [.. waiting.Order()]));
            }
        }
    }

    private async Task EvictAsync(
        KubernetesClient client,
        DrainStep step,
        string version,
        IProgress<string>? progress,
        Action<bool> waits,
        CancellationToken ct
    )
    {
        var body = Json(json =>
        {
            json.WriteString("apiVersion"u8, version);
            json.WriteString("kind"u8, "Eviction"u8);
            json.WriteStartObject("metadata"u8);
            json.WriteString("name"u8, step.Pod.Name);
            json.WriteString("namespace"u8, step.Pod.Namespace);
            json.WriteEndObject();
            if (_options.GracePeriodSeconds is { } seconds)
            {
                json.WriteStartObject("deleteOptions"u8);
                json.WriteNumber("gracePeriodSeconds"u8, seconds);
                json.WriteEndObject();
            }
        });

        var told = "";
        while (true)
        {
            try
            {
                await client.SendBytesAsync(
                    HttpMethod.Post,
                    KnownResources.Pods.Path(step.Pod.Namespace, step.Pod.Name, "eviction"),
                    body,
                    ct: ct
                );
                waits(false);
                progress?.Report($"evicting {step.Pod}");
                break;
            }
            catch (KubernetesApiException refused) when (refused.IsTooManyRequests)
            {
                var why = refused.Status.Causes.Count > 0 ? refused.Status.Causes[0].Message : refused.Message;
                if (why != told)
                {
                    told = why;
                    waits(true);
                    progress?.Report($"{step.Pod} is waiting: {why}");
                }

                await Task.Delay(refused.RetryAfter is { } wait && wait > _options.RetryAfter ? wait : _options.RetryAfter, _time, ct);
            }
            catch (KubernetesApiException gone) when (gone.IsNotFound)
            {
                return;
            }
        }

        while (await IsThereAsync(client, step, ct))
        {
            await Task.Delay(_options.Poll, _time, ct);
        }
    }

    private static async Task<bool> IsThereAsync(KubernetesClient client, DrainStep step, CancellationToken ct)
    {
        try
        {
            using var pod = JsonDocument.Parse(
                await client.GetBytesAsync(KnownResources.Pods.Path(step.Pod.Namespace, step.Pod.Name), ct: ct)
            );
            return pod.RootElement.GetProperty("metadata").GetProperty("uid").GetString() == step.Uid;
        }
        catch (KubernetesApiException gone) when (gone.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Pods that block the drain for one reason.</summary>
    private static string Blocked(IGrouping<string, DrainStep> group)
    {
        var pods = group.Select(step => step.Pod).Order().ToList();
        var more = pods.Count > 3 ? string.Create(CultureInfo.InvariantCulture, $" and {pods.Count - 3} more") : "";
        return $"{string.Join(", ", pods.Take(3))}{more}: {group.Key}";
    }

    /// <summary>policy/v1 from Kubernetes 1.22 on, v1beta1 before: discovery says which an eviction is.</summary>
    private static async Task<string> EvictionVersionAsync(KubernetesClient client, CancellationToken ct)
    {
        using var core = JsonDocument.Parse(await client.GetBytesAsync("/api/v1", ct: ct));
        foreach (var resource in core.RootElement.GetProperty("resources").EnumerateArray())
        {
            if (resource.GetProperty("name").GetString() == "pods/eviction")
            {
                return $"policy/{(resource.TryGetProperty("version", out var version) ? version.GetString() : "v1")}";
            }
        }

        throw new InvalidOperationException("this server does not support evictions (pods/eviction): its pods can only be deleted");
    }
}

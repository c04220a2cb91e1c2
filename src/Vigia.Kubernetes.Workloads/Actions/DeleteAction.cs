using System.Globalization;

namespace Vigia.Kubernetes.Workloads;

/// <summary>How a deletion treats an object's dependents.</summary>
public enum Propagation
{
    /// <summary>It is deleted afterwards. kubectl's default.</summary>
    Background,

    /// <summary>It is deleted first; the object waits for it.</summary>
    Foreground,

    /// <summary>It stays.</summary>
    Orphan,
}

/// <summary>Deletes an object.</summary>
/// <param name="target">The object.</param>
public sealed class DeleteAction(ActionTarget target) : ClusterAction(target)
{
    /// <summary>How dependents are treated. Default <see cref="Propagation.Background"/>.</summary>
    public Propagation Propagation { get; init; }

    /// <summary>
    /// The grace period in seconds; null (default) for the object's own. 0 deletes at once, without waiting for the
    /// node: two pods of the same identity may then run.
    /// </summary>
    public int? GracePeriodSeconds { get; init; }

    /// <summary>Only if it is still this very object; null (default) for whatever has the name.</summary>
    public string? Uid { get; init; }

    /// <inheritdoc/>
    public override bool Destroys => true;

    /// <inheritdoc/>
    public override string Question
    {
        get
        {
            var atOnce = GracePeriodSeconds == 0 ? " immediately, without a grace period" : "";
            var orphaning = Propagation == Propagation.Orphan ? ", and keep its dependents" : "";
            return $"Delete {Target.Name}{Place}{atOnce}{orphaning}?";
        }
    }

    /// <inheritdoc/>
    public override string Kubectl =>
        Target.Kubectl(
            "delete",
            null,
            Propagation == Propagation.Background ? "" : $"--cascade={Propagation.ToString().ToLowerInvariant()}",
            GracePeriodSeconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"--grace-period={seconds}") : "",
            GracePeriodSeconds == 0 ? "--force" : ""
        );

    /// <inheritdoc/>
    public override IReadOnlyList<NeededRight> Rights => [new("delete", Target.Resource.GroupResource)];

    /// <inheritdoc/>
    public override async Task<string> RunAsync(KubernetesClient client, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var body = Json(json =>
        {
            json.WriteString("kind"u8, "DeleteOptions"u8);
            json.WriteString("apiVersion"u8, "v1"u8);
            json.WriteString("propagationPolicy"u8, Propagation.ToString());
            if (GracePeriodSeconds is { } seconds)
            {
                json.WriteNumber("gracePeriodSeconds"u8, seconds);
            }

            if (Uid is not null)
            {
                json.WriteStartObject("preconditions"u8);
                json.WriteString("uid"u8, Uid);
                json.WriteEndObject();
            }
        });
        await client.SendBytesAsync(HttpMethod.Delete, Target.Path(), body, ct: ct);
        return $"{Target.Name}{Place} is being deleted";
    }
}

using System.Text;
using System.Text.RegularExpressions;

namespace Vigia.Kubernetes.Workloads;

/// <summary>A field with another manager that an apply would change.</summary>
/// <param name="Field">As <c>.spec.replicas</c>.</param>
/// <param name="Manager">Its manager, for example <c>kubectl-client-side-apply</c>.</param>
public sealed record ApplyConflict(string Field, string Manager);

/// <summary>An apply was refused, since others manage fields that it would change.</summary>
public sealed class ApplyConflictException : Exception
{
    private ApplyConflictException(string message, IReadOnlyList<ApplyConflict> conflicts, KubernetesApiException? inner)
        : base(message, inner) => Conflicts = conflicts;

    /// <summary>The fields, and their managers.</summary>
    public IReadOnlyList<ApplyConflict> Conflicts { get; }

    internal static ApplyConflictException Of(ActionTarget target, IReadOnlyList<ApplyConflict> conflicts, KubernetesApiException? inner)
    {
        var text = new StringBuilder(
            $"{target.Name}{(target.Key.Namespace.Length == 0 ? "" : " in " + target.Key.Namespace)} is not applied: "
        );
        text.AppendJoin(
            "; ",
            conflicts
                .GroupBy(conflict => conflict.Manager, StringComparer.Ordinal)
                .Select(group => $"{group.Key} manages {string.Join(", ", group.Select(conflict => conflict.Field))}")
        );
        return new(text.Append(". Remove those fields, or take them over with force").ToString(), conflicts, inner);
    }
}

/// <summary>
/// Server-side apply of some fields of an object, as the manager <c>vigia</c>; the other fields stay unchanged.
/// </summary>
/// <param name="target">The object.</param>
/// <param name="manifest">
/// YAML or JSON, with apiVersion and kind, and without managedFields (a server refuses those).
/// </param>
public sealed partial class ApplyAction(ActionTarget target, ReadOnlyMemory<byte> manifest) : ClusterAction(target)
{
    /// <summary>True to take over fields of other managers. Default false: conflicts are reported.</summary>
    public bool Force { get; init; }

    /// <summary>True to try only: the server checks everything and changes nothing.</summary>
    public bool DryRun { get; init; }

    /// <inheritdoc/>
    public override string Question =>
        $"Apply the changes to {Target.Name}{Place}{(Force ? ", and take over fields of other managers" : "")}?";

    /// <inheritdoc/>
    public override string Kubectl =>
        Target.Kubectl(
            "apply",
            "",
            "--server-side",
            $"--field-manager={FieldManager}",
            Force ? "--force-conflicts" : "",
            DryRun ? "--dry-run=server" : "",
            "-f",
            $"{Target.Key.Name}.yaml"
        );

    /// <inheritdoc/>
    public override IReadOnlyList<NeededRight> Rights => [new("patch", Target.Resource.GroupResource)];

    /// <inheritdoc/>
    /// <exception cref="ApplyConflictException">Others manage fields that would change.</exception>
    public override async Task<string> RunAsync(KubernetesClient client, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        await SendAsync(client, ct);
        return $"{Target.Name}{Place} {(DryRun ? "could be applied: nothing was changed" : "is applied")}";
    }

    /// <summary>Applies, and returns the object as the server has it then (JSON).</summary>
    /// <exception cref="ApplyConflictException">Others manage fields that would change.</exception>
    public async Task<byte[]> SendAsync(KubernetesClient client, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        try
        {
            var path = $"{Target.Path()}?fieldManager={FieldManager}{(Force ? "&force=true" : "")}{(DryRun ? "&dryRun=All" : "")}";
            return await client.SendBytesAsync(HttpMethod.Patch, path, manifest, "application/apply-patch+yaml", ct);
        }
        catch (KubernetesApiException refused)
            when (refused.IsConflict && refused.Status.Causes.Any(cause => cause.Reason == "FieldManagerConflict"))
        {
            var conflicts = refused
                .Status.Causes.Zip(refused.Status.CauseFields)
                .Where(pair => pair.First.Reason == "FieldManagerConflict")
                .Select(pair => new ApplyConflict(pair.Second, Manager(pair.First.Message)))
                .ToList();
            throw ApplyConflictException.Of(Target, conflicts, refused);
        }
    }

    /// <summary>
    /// A server names the manager only in the cause's message: <c>conflict with "NAME" using apps/v1</c>.
    /// </summary>
    private static string Manager(string message) => Quoted().Match(message) is { Success: true } match ? match.Groups[1].Value : message;

    [GeneratedRegex("\"([^\"]*)\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Quoted();
}

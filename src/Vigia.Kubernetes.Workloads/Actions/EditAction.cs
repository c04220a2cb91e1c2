using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Kubernetes.Workloads.Actions;

namespace Vigia.Kubernetes.Workloads;

/// <summary>
/// Sends a person's changes of an object to the server by server-side apply, as the manager <c>vigia</c>.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Only differences are applied, and the fields that Vigia has applied before: concurrent changes by
/// others stay, and looking at a field does not take it over. If another manager has a field that would change, nothing
/// is changed and the conflict names the manager; <see cref="Force"/> takes the field over. A removed field of another
/// manager is removed by a patch after the apply (an apply alone would leave it to its manager), with force only. An
/// object that was deleted meanwhile is not recreated.
/// </remarks>
public sealed class EditAction : ClusterAction
{
    private const int Attempts = 5;
    private static readonly string[] Identity = ["apiVersion", "kind", "metadata.name", "metadata.namespace"];

    private readonly ObjectEdit _edit;
    private readonly FieldOwners _owners;

    /// <summary>Compares the two; nothing is sent yet.</summary>
    /// <param name="target">The object.</param>
    /// <param name="live">The whole object as the server had it, with managedFields.</param>
    /// <param name="edited">The object as it shall be; without status and what only a server sets.</param>
    /// <exception cref="ArgumentException">
    /// It is another object: the message names the field that must not change.
    /// </exception>
    public EditAction(ActionTarget target, JsonElement live, JsonElement edited)
        : base(target)
    {
        if (edited.ValueKind != JsonValueKind.Object)
        {
            throw new ArgumentException("expected an object: names and values", nameof(edited));
        }

        foreach (var name in Identity)
        {
            var (was, now) = (At(live, name), At(edited, name));
            if (was != now)
            {
                throw new ArgumentException(
                    $"{name} is '{was}' and cannot be changed to '{now}': that would be another object",
                    nameof(edited)
                );
            }
        }

        _owners = new FieldOwners(live);
        _edit = ObjectEdit.Of(live, edited, _owners);
    }

    /// <summary>True if nothing was changed.</summary>
    public bool IsEmpty => _edit.IsEmpty;

    /// <summary>True to take over fields of other managers. Default false: conflicts are reported.</summary>
    public bool Force { get; init; }

    /// <summary>The applied fields, as JSON.</summary>
    public string Manifest => _edit.Manifest.ToJsonString();

    /// <inheritdoc/>
    public override string Question =>
        $"Apply the changes to {Target.Name}{Place}{(Force ? ", and take over fields of other managers" : "")}?";

    /// <inheritdoc/>
    public override string Kubectl => Apply(Force, false).Kubectl;

    /// <inheritdoc/>
    public override IReadOnlyList<NeededRight> Rights => [new("patch", Target.Resource.GroupResource)];

    /// <summary>
    /// The object as a person is to edit it: without status, managedFields and what else only a server sets.
    /// </summary>
    public static JsonElement Editable(JsonElement live) => ObjectEdit.Element(ObjectEdit.Editable(live));

    /// <inheritdoc/>
    /// <exception cref="ApplyConflictException">
    /// Others manage fields that would change, and it was not forced: nothing was changed.
    /// </exception>
    public override async Task<string> RunAsync(KubernetesClient client, IProgress<string>? progress = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (IsEmpty)
        {
            return $"{Target.Name}{Place}: no changes";
        }

        var force = Force;
        var taken = _edit
            .Removed.SelectMany(path => _owners.ManagersOf(path).Select(manager => new ApplyConflict(FieldPath.Show(path), manager)))
            .ToList();
        if (!force && taken.Count > 0)
        {
            // Nothing may be half done: other conflicts are checked first with a dry run.
            throw ApplyConflictException.Of(Target, [.. await ConflictsAsync(client, ct), .. taken], null);
        }

        byte[] applied;
        try
        {
            applied = await Apply(force, false).SendAsync(client, ct);
        }
        catch (ApplyConflictException conflict) when (!force && conflict.Conflicts.All(one => one.Manager == FieldManager))
        {
            // Fields that this program has set in another way (scale, cordon) are its own.
            applied = await Apply(true, false).SendAsync(client, ct);
        }

        await RemoveAsync(client, applied, ct);
        return $"{Target.Name}{Place} is changed";
    }

    private async Task<IReadOnlyList<ApplyConflict>> ConflictsAsync(KubernetesClient client, CancellationToken ct)
    {
        try
        {
            await Apply(false, true).SendAsync(client, ct);
            return [];
        }
        catch (ApplyConflictException conflict)
        {
            return [.. conflict.Conflicts.Where(one => one.Manager != FieldManager)];
        }
    }

    /// <summary>
    /// Removed fields that still exist. Another client may write in between: then they are looked up again.
    /// </summary>
    private async Task RemoveAsync(KubernetesClient client, byte[] applied, CancellationToken ct)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var now = JsonDocument.Parse(applied);
            var found = _edit
                .Removed.Select(path => FieldPath.Find(now.RootElement, path))
                .OfType<(string Pointer, JsonElement Value)>()
                .ToList();
            if (found.Count == 0)
            {
                return;
            }

            // From the end: removing an item moves those after it. Each test refuses if another item is in that place.
            var patch = new JsonArray();
            foreach (var (pointer, value) in found.OrderByDescending(one => one.Pointer, PointerOrder.Instance))
            {
                patch.Add(
                    (JsonNode)
                        new JsonObject
                        {
                            ["op"] = "test",
                            ["path"] = pointer,
                            ["value"] = JsonNode.Parse(value.GetRawText()),
                        }
                );
                patch.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = pointer });
            }

            try
            {
                await client.SendBytesAsync(
                    HttpMethod.Patch,
                    $"{Target.Path()}?fieldManager={FieldManager}",
                    Encoding.UTF8.GetBytes(patch.ToJsonString()),
                    "application/json-patch+json",
                    ct
                );
                return;
            }
            catch (KubernetesApiException moved) when (moved.Code == 422 && attempt < Attempts && moved.Status.Causes.Count == 0)
            {
                applied = await client.GetBytesAsync(Target.Path(), ct: ct);
            }
        }
    }

    private ApplyAction Apply(bool force, bool dryRun) =>
        new(Target, Encoding.UTF8.GetBytes(_edit.Manifest.ToJsonString())) { Force = force, DryRun = dryRun };

    private static string At(JsonElement obj, string path)
    {
        foreach (var name in path.Split('.'))
        {
            if (obj.ValueKind != JsonValueKind.Object || !obj.TryGetProperty(name, out obj))
            {
                return "";
            }
        }

        return obj.ValueKind == JsonValueKind.String ? obj.GetString()! : obj.GetRawText();
    }

    /// <summary>Pointers with the numbers in them as numbers.</summary>
    private sealed class PointerOrder : IComparer<string>
    {
        public static PointerOrder Instance { get; } = new();

        public int Compare(string? x, string? y)
        {
            var (left, right) = (x!.Split('/'), y!.Split('/'));
            for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
            {
                var order =
                    int.TryParse(left[i], out var a) && int.TryParse(right[i], out var b)
                        ? a.CompareTo(b)
                        : string.CompareOrdinal(left[i], right[i]);
                if (order != 0)
                {
                    return order;
                }
            }

            return left.Length.CompareTo(right.Length);
        }
    }
}

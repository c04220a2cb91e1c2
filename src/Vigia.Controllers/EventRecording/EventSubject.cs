using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>The subject of an event: a reference to one object, or to one part of it.</summary>
/// <param name="ApiVersion">As <c>apps/v1</c>.</param>
/// <param name="Kind">As <c>Deployment</c>.</param>
/// <param name="Namespace">Empty for cluster-scoped objects; their events are in <c>default</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid: what <c>kubectl describe</c> finds the events by. Empty if unknown.</param>
/// <param name="ResourceVersion">
/// The version seen; empty if unknown. Events about two versions are the same event.
/// </param>
/// <param name="FieldPath">The part, as <c>spec.containers{web}</c>; empty for the whole.</param>
public sealed record EventSubject(
    string ApiVersion,
    string Kind,
    string Namespace,
    string Name,
    string Uid = "",
    string ResourceVersion = "",
    string FieldPath = ""
)
{
    /// <summary>The object itself, as cached.</summary>
    public static EventSubject Of(RawObject item, string fieldPath = "")
    {
        ArgumentNullException.ThrowIfNull(item);
        return new(item.ApiVersion, item.Kind, item.Namespace, item.Name, item.Uid, item.ResourceVersion.ToString(), fieldPath);
    }

    /// <summary>Kind, namespace and name, for messages.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

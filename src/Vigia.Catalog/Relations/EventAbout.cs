using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Relations;

/// <summary>The object of a Kubernetes event: <c>involvedObject</c>, or <c>regarding</c> in the newer API.</summary>
/// <param name="ApiVersion">Its version, for example <c>apps/v1</c>; empty if unknown.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace; empty for an object of the cluster.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">
/// Its uid; empty if unknown. In a node's events it is the node's name, because kubelets write it that way.
/// </param>
internal sealed record EventAbout(string ApiVersion, string Kind, string Namespace, string Name, string Uid)
{
    /// <summary>The key by which an object finds its events.</summary>
    public string Key => Uid.Length > 0 ? Uid : $"{Kind}/{Namespace}/{Name}";

    /// <summary>The key by which an object's events are found.</summary>
    /// <param name="kind">Its kind; an object of which only metadata is cached does not contain it.</param>
    /// <param name="o">The object.</param>
    public static IReadOnlyList<string> KeysOf(string kind, RawObject o)
    {
        var named = $"{kind}/{o.Namespace}/{o.Name}";
        return o.Namespace.Length == 0 ? [o.Uid, o.Name, named] : [o.Uid, named];
    }

    public static EventAbout Of(RawObject e)
    {
        using var lease = e.Open();
        return Of(new JsonView(lease.Span));
    }

    public static EventAbout Of(JsonView e)
    {
        var about = e["involvedObject"u8].IsAbsent ? e["regarding"u8] : e["involvedObject"u8];
        return new(
            about["apiVersion"u8].Text ?? "",
            about["kind"u8].Text ?? "",
            about["namespace"u8].Text ?? "",
            about["name"u8].Text ?? "",
            about["uid"u8].Text ?? ""
        );
    }

    /// <summary>True if the event is about this very object, and not another that had its name before.</summary>
    /// <param name="eventNamespace">
    /// The event's own namespace. An API server accepts any uid in an event from anyone with the right to write events
    /// in a namespace, so the namespace decides.
    /// </param>
    /// <param name="kind">The object's kind.</param>
    /// <param name="o">The object.</param>
    public bool IsAbout(string eventNamespace, string kind, RawObject o) =>
        Name == o.Name
        && (Uid.Length == 0 || Uid == o.Uid || (Namespace.Length == 0 && Uid == o.Name))
        && string.Equals(Kind, kind, StringComparison.OrdinalIgnoreCase)
        && IsOfItsNamespace(eventNamespace, o);

    /// <summary>
    /// Those about an object of a namespace are in it; those about an object of the cluster are where only the
    /// cluster's own components write.
    /// </summary>
    private bool IsOfItsNamespace(string eventNamespace, RawObject o) =>
        o.Namespace.Length > 0
            ? eventNamespace == o.Namespace && (Namespace.Length == 0 || Namespace == o.Namespace)
            : eventNamespace is "default" or "" || eventNamespace.StartsWith("kube-", StringComparison.Ordinal);
}

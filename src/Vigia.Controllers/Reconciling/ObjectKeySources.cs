using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>The usual sources of a controller: the objects of its resource, and the objects they own.</summary>
public static class ObjectKeySources
{
    /// <summary>Watches the resource the controller is for: each object's own key.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="informer">The resource's informer.</param>
    /// <param name="where">A filter of changes; null for all.</param>
    public static ControllerBuilder<ObjectKey> For(
        this ControllerBuilder<ObjectKey> builder,
        SharedInformer informer,
        Func<Delta, bool>? where = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Watches(informer, static delta => [delta.Object.Key], where);
    }

    /// <summary>
    /// Watches objects that are owned by the resource the controller is for: the owner's key; of one that changed
    /// hands, both owners'.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="informer">The informer of the owned resource.</param>
    /// <param name="group">The owners' API group, the empty string for the core group; any version of it.</param>
    /// <param name="kind">The owners' kind.</param>
    /// <param name="clusterScoped">True if owners are in no namespace.</param>
    /// <param name="anyOwner">True for every owner; false (default) for the owner marked as controller.</param>
    /// <param name="where">A filter of changes; null for all.</param>
    public static ControllerBuilder<ObjectKey> Owns(
        this ControllerBuilder<ObjectKey> builder,
        SharedInformer informer,
        string group,
        string kind,
        bool clusterScoped = false,
        bool anyOwner = false,
        Func<Delta, bool>? where = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Watches(informer, Keys, where);

        IEnumerable<ObjectKey> Keys(Delta delta) => Owners(delta.Old).Concat(Owners(delta.New)).Distinct();

        IEnumerable<ObjectKey> Owners(RawObject? o) =>
            o is null
                ? []
                : o
                    .Owners.Where(owner => owner.Kind == kind && (anyOwner || owner.IsController) && IsOf(owner.ApiVersion, group))
                    .Select(owner => new ObjectKey(clusterScoped ? "" : o.Namespace, owner.Name));
    }

    /// <summary>Whether <c>group/version</c>, or <c>version</c> for the core group, is of the group.</summary>
    private static bool IsOf(string apiVersion, string group)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return apiVersion.AsSpan(0, Math.Max(0, slash)).SequenceEqual(group);
    }
}

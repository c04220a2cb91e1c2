using Vigia.Live.Clusters;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>
/// The rights of one caller on every resource of every cluster. Shared by all the caller's requests and streams;
/// thread-safe.
/// </summary>
internal abstract class CallerRights
{
    /// <summary>True if everything is allowed and always will be.</summary>
    public virtual bool IsEverything => false;

    /// <summary>False for clusters that this caller is not known at: they show nothing.</summary>
    public virtual bool Covers(string cluster) => true;

    /// <summary>Ends when any scope of the caller's has become another.</summary>
    public abstract Task NextChange { get; }

    /// <summary>
    /// The rights on a resource of a cluster. No review is sent before <see cref="IResourceRights.PrepareAsync"/>.
    /// </summary>
    public abstract IResourceRights For(ResourceFeed feed, AccessVerb verb);

    /// <summary>
    /// Whether the caller may get one object by its name, without the right to get all objects of its namespace.
    /// </summary>
    /// <exception cref="AccessUnavailableException">It cannot be found out now.</exception>
    public abstract ValueTask<bool> MayGetAsync(ResourceFeed feed, string ns, string name, CancellationToken cancellationToken);

    /// <summary>Whether the caller may read a path that belongs to no resource, as <c>/metrics</c>.</summary>
    /// <exception cref="AccessUnavailableException">It cannot be found out now.</exception>
    public abstract ValueTask<bool> MayReadAsync(string path, CancellationToken cancellationToken);

    /// <summary>All rights, forever.</summary>
    public static CallerRights Everything { get; } = new FixedRights(static (_, _) => true, isEverything: true);
}
